"""One spelling for events and states, the same in Python and TypeScript: sorted keys, no blanks, UTF-8, no fractions.

web/src/room/fold.ts writes the same bytes; tests/contract/room compares them.  Keys are ASCII, so that the order of
code points and that of UTF-16 units are one.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

MOST = 2**53 - 1  # the largest whole number that JavaScript counts exactly


def canonical(value: object) -> bytes:
    """The bytes that are hashed and kept.

    A struct holds nothing but what its types say and what came out of events, which were looked through when they were
    spelled.  Raises TypeError for what has no one spelling: a fraction, a number beyond MOST, a key that is not ASCII
    text.
    """
    if not isinstance(value, msgspec.Struct):
        _check(msgspec.to_builtins(value))
    return msgspec.json.encode(value, order="sorted")


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
