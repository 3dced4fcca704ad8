"""Multipart bodies in any cut, and hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.dicomweb.multipart import Reader, part_head, tail
from telemed.errors import Invalid

MARK = "0123456789abcdef"


class Body:
    def __init__(self, content: bytes, cut: int) -> None:
        self.content, self.cut = content, cut

    async def iter_any(self):
        for at in range(0, len(self.content), self.cut):
            yield self.content[at : at + self.cut]


def written(parts: list[bytes]) -> bytes:
    heads = [part_head(MARK, {"Content-Type": "application/dicom"}, first=number == 0) for number in range(len(parts))]
    return b"".join(head + part for head, part in zip(heads, parts, strict=True)) + tail(MARK)


async def read(content: bytes, cut: int = 7, limit: int = 1 << 20) -> list[bytes]:
    reader, found = Reader(Body(content, cut), MARK, limit), []
    while (headers := await reader.next_part()) is not None:
        assert headers == {"content-type": "application/dicom"}
        found.append(b"".join([chunk async for chunk in reader.content()]))
    return found


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.integers(min_value=1, max_value=90))
async def test_what_is_written_is_read_whatever_the_network_cuts(parts, cut):
    assert await read(written(parts), cut) == parts


async def test_content_may_hold_almost_the_boundary():
    part = b"\r\n--" + MARK[:-1].encode() + b"\r\n--\r\n"
    assert await read(written([part])) == [part]


async def test_a_part_nobody_read_is_stepped_over():
    reader = Reader(Body(written([b"first", b"second"]), 5), MARK, 1 << 20)
    await reader.next_part()
    await reader.next_part()
    assert b"".join([chunk async for chunk in reader.content()]) == b"second"


async def test_a_preamble_before_the_first_part_is_ignored():
    assert await read(b"This is a message with parts.\r\n" + written([b"one"])) == [b"one"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no boundary at all",
        written([b"whole"])[:-20],
        b"--" + MARK.encode() + b"\r\nContent-Type: x",
        b"--" + MARK.encode() + b"\r\nX: " + b"x" * 20_000 + b"\r\n\r\nbody" + tail(MARK),
        b"--" + MARK.encode(),
    ],
)
async def test_a_broken_body_is_refused(content):
    with pytest.raises(Invalid):
        await read(content, 1000)


async def test_a_body_beyond_the_limit_is_refused():
    with pytest.raises(Invalid, match="upload-too-large"):
        await read(written([b"x" * 5000]), 512, limit=2000)


@pytest.mark.parametrize("mark", ["", "x" * 71, "边界"])
def test_a_boundary_that_is_none_is_refused(mark):
    with pytest.raises(Invalid):
        Reader(Body(b"", 1), mark, 10)
