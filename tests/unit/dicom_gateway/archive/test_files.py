import hashlib
from pathlib import Path

import pytest

from dicom_gateway.archive import Archive, Damaged


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def put(archive: Archive, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = archive.path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest


def test_a_blob_is_read_and_verified(archive: Archive) -> None:
    digest = put(archive, bytes(3 << 20))
    assert sum(len(block) for block in archive.blocks(digest, verify=True)) == 3 << 20
    with archive.view(digest) as content:
        assert len(content) == 3 << 20
    assert archive.is_whole(digest)


def test_a_damaged_blob_is_told_after_its_last_block_and_by_the_scrub(archive: Archive) -> None:
    digest, whole = put(archive, b"whole"), put(archive, b"other")
    archive.path(digest).write_bytes(b"hole")
    with pytest.raises(Damaged):
        list(archive.blocks(digest, verify=True))
    assert list(archive.scrub()) == [digest]
    assert sorted(archive.digests()) == sorted([digest, whole])
    assert list(archive.digests(whole[:4])) == [whole]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ab", "A" * 64, "g" * 64, "a" * 63])
def test_what_is_no_digest_leads_nowhere(archive: Archive, name: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        archive.path(name)


def test_a_lost_blob_is_not_there(archive: Archive) -> None:
    assert not archive.is_whole("a" * 64)
    with pytest.raises(FileNotFoundError):
        list(archive.blocks("a" * 64))
