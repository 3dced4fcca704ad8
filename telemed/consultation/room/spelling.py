"""One spelling for events and states, the same in Python and TypeScript: sorted keys, no blanks, UTF-8, no fractions.

web/src/room/fold.ts writes the same bytes; tests/contract/room compares them.  Keys are ASCII, so that the order of
code points and that of UTF-16 units are one.
"""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

MOST = 2**53 - 1  # the largest whole number that JavaScript counts exactly


def canonical(value: object) -> bytes:
    """The bytes that are hashed and kept.

    Raises TypeError for what has no one spelling: a fraction, a number beyond MOST, a key that is not ASCII text.
    """
    plain = msgspec.to_builtins(value)
    _check(plain)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: Any) -> None:
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if abs(value) > MOST:
            raise TypeError("a number that JavaScript cannot count")
    elif isinstance(value, dict):
        for key, one in cast("dict[Any, Any]", value).items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError("a key that is no ASCII text")
            _check(one)
    elif isinstance(value, (list, tuple)):
        for one in cast("list[Any]", value):
            _check(one)
    else:
        raise TypeError(f"{type(value).__name__} has no one spelling")
