"""The journal's frames: what was whole is found again, whatever stands around it."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as some

from dicom_gateway.spool import Record
from dicom_gateway.spool.record import Damage, Found, decode, encode


def record(number: int) -> Record:
    return Record(
        digest=f"{number:064x}",
        size=number,
        association_id="a1",
        calling_ae="CT1",
        called_ae="TELEMED",
        peer_address="10.0.0.7",
        organization_id=None,
        sop_class_uid="1.2",
        sop_instance_uid=f"1.2.{number}",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def numbers(content: bytes) -> list[int]:
    return [piece.record.size for piece in decode(content) if isinstance(piece, Found)]


def test_records_are_read_back_in_order() -> None:
    content = b"".join(encode(record(number)) for number in range(5))
    assert [piece.record for piece in decode(content) if isinstance(piece, Found)] == [record(n) for n in range(5)]
    assert list(decode(content))[-1] == Found(record(4), len(content))


def test_a_torn_tail_is_damage_and_not_a_record() -> None:
    whole = encode(record(1)) + encode(record(2))
    for cut in range(1, len(encode(record(2)))):
        *first, last = decode(whole[:-cut])
        assert numbers(whole[:-cut]) == [1]
        assert isinstance(last, Damage)
        assert len(first) == 1


def test_a_record_behind_rot_is_found() -> None:
    frames = [bytearray(encode(record(number))) for number in range(3)]
    frames[1][40] ^= 1
    assert numbers(b"".join(frames)) == [0, 2]


@settings(deadline=None)
@given(some.lists(some.one_of(some.binary(max_size=60), some.integers(0, 9)), max_size=8))
def test_every_whole_record_between_any_bytes_is_found(pieces: list[bytes | int]) -> None:
    content = b"".join(encode(record(piece)) if isinstance(piece, int) else piece for piece in pieces)
    assert numbers(content) == [piece for piece in pieces if isinstance(piece, int)]


@settings(deadline=None)
@given(some.binary(max_size=300))
def test_any_bytes_are_decoded_to_their_end(content: bytes) -> None:
    ends = [piece.end for piece in decode(content)]
    assert ends == sorted(ends)
    assert not content or ends[-1] == len(content)
