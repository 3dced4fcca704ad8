"""Keys of opinions: certified by the county, never half a pair on the disk, old certificates kept."""

import contextlib
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from telemed.access.codes import SecretBox
from telemed.certificates import DOCUMENT_SIGNING
from telemed.consultation.opinion import keys
from telemed.consultation.opinion.keys import DAYS, RENEW_DAYS, Institution, KeyLost, KeyStore, Purpose, Seal
from tests.unit.consultation.opinion.opinions import HOSPITAL, NOW, County

LATER = NOW + timedelta(days=DAYS - RENEW_DAYS)


@pytest.fixture
def county(tmp_path: Path) -> County:
    return County(tmp_path)


def test_both_keys_are_certified_by_the_county_for_signing_documents_alone(county: County) -> None:
    made = county.store.keys(HOSPITAL, NOW)
    authority = x509.load_pem_x509_certificate(county.authority.read_bytes())
    for certificate, kind in (
        (made.seal.certificate, ec.EllipticCurvePublicKey),
        (made.evidence.certificate, ed25519.Ed25519PublicKey),
    ):
        certificate.verify_directly_issued_by(authority)
        assert isinstance(certificate.public_key(), kind)
        assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [DOCUMENT_SIGNING]
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature
        assert usage.content_commitment
        assert not usage.key_cert_sign
    name = made.seal.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert name == "龙安县第一人民医院（演示） 电子印章"
    assert made.seal.chain == (authority,)


def test_the_same_keys_come_back(county: County) -> None:
    first, second = county.store.keys(HOSPITAL, NOW), county.store.keys(HOSPITAL, NOW + timedelta(days=30))
    assert first.seal.certificate == second.seal.certificate
    assert first.evidence.certificate == second.evidence.certificate
    second.seal.certificate.public_key().verify(second.seal.sign(b"x"), b"x", ec.ECDSA(keys.hashes.SHA256()))
    second.evidence.certificate.public_key().verify(second.evidence.sign(b"x"), b"x")


def test_files_are_for_the_owner_alone_and_hold_no_private_key_in_the_clear(county: County) -> None:
    county.store.keys(HOSPITAL, NOW)
    files = [path for path in (county.folder / "opinion-keys").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["evidence-1.json", "seal-1.json"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    for path in files:
        stored = msgspec.json.decode(path.read_bytes())
        assert "PRIVATE" not in path.read_text("utf-8")
        assert len(stored["private"]) > 100


def test_another_key_of_the_state_folder_opens_nothing_and_replaces_nothing(county: County) -> None:
    county.store.keys(HOSPITAL, NOW)
    before = sorted((county.folder / "opinion-keys").rglob("*.json"))
    other = KeyStore(county.store.folder, county.store.authority, county.name, SecretBox(bytes(32)))
    with pytest.raises(KeyLost, match=r"seal-1\.json"):
        other.keys(HOSPITAL, NOW)
    assert sorted((county.folder / "opinion-keys").rglob("*.json")) == before


def test_a_private_key_does_not_open_beside_another_certificate(county: County) -> None:
    county.store.keys(HOSPITAL, NOW)
    other = Institution(UUID(int=1), HOSPITAL.name)
    county.store.keys(other, NOW)
    ours, theirs = (county.store.folder / str(one.id) / "seal-1.json" for one in (HOSPITAL, other))
    mixed = msgspec.json.decode(ours.read_bytes()) | {"private": msgspec.json.decode(theirs.read_bytes())["private"]}
    ours.write_bytes(msgspec.json.encode(mixed))
    with pytest.raises(KeyLost):
        county.store.keys(HOSPITAL, NOW)


def test_a_key_about_to_end_is_followed_and_keeps_its_certificate_alone(county: County) -> None:
    first = county.store.keys(HOSPITAL, NOW)
    second = county.store.keys(HOSPITAL, LATER)
    assert second.seal.certificate != first.seal.certificate
    assert county.store.certificates(HOSPITAL, Purpose.SEAL) == (first.seal.certificate, second.seal.certificate)
    assert county.store.certificates(HOSPITAL, Purpose.EVIDENCE) == (
        first.evidence.certificate,
        second.evidence.certificate,
    )
    old = msgspec.json.decode((county.store.folder / str(HOSPITAL.id) / "seal-1.json").read_bytes())
    assert old["private"] is None


@pytest.mark.parametrize(
    ("institution", "later", "followed"),
    [
        (HOSPITAL, LATER - timedelta(days=3), False),
        (HOSPITAL, LATER, True),
        (Institution(HOSPITAL.id, "龙安县人民医院"), NOW, True),
        (HOSPITAL, NOW - timedelta(days=30), True),
    ],
    ids=["good for a while", "about to end", "another name", "from the future"],
)
def test_keys_are_followed_when_needed(
    county: County, institution: Institution, later: object, *, followed: bool
) -> None:
    first = county.store.keys(HOSPITAL, NOW).seal.certificate
    assert (county.store.keys(institution, later).seal.certificate != first) == followed


def test_another_ca_of_the_county_certifies_new_keys(county: County) -> None:
    first = county.store.keys(HOSPITAL, NOW).seal.certificate
    for path in county.store.authority.iterdir():
        path.unlink()
    assert county.store.keys(HOSPITAL, NOW).seal.certificate != first


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("moment", range(24))
@pytest.mark.parametrize("call", ["rename", "fsync"])
def test_a_crash_at_any_moment_leaves_whole_keys_or_none(
    county: County, monkeypatch: pytest.MonkeyPatch, call: str, moment: int
) -> None:
    before = county.store.keys(HOSPITAL, NOW).seal.certificate
    left = iter(range(moment))
    owner, real = (Path, Path.rename) if call == "rename" else (os, os.fsync)

    def failing(*arguments: object) -> object:
        if next(left, None) is None:
            raise PowerCut
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(owner, call, failing)
        with contextlib.suppress(PowerCut):
            county.store.keys(HOSPITAL, LATER)
    after = county.store.keys(HOSPITAL, LATER)
    after.seal.certificate.public_key().verify(after.seal.sign(b"x"), b"x", ec.ECDSA(keys.hashes.SHA256()))
    after.evidence.certificate.public_key().verify(after.evidence.sign(b"x"), b"x")
    kept = county.store.certificates(HOSPITAL, Purpose.SEAL)
    assert kept == (before, after.seal.certificate)
    privates = [
        msgspec.json.decode(path.read_bytes())["private"]
        for path in (county.store.folder / str(HOSPITAL.id)).glob("seal-*.json")
    ]
    assert sum(one is not None for one in privates) == 1


def test_the_county_seal_is_one_way_to_be_a_seal(county: County) -> None:
    seal: Seal = county.store.keys(HOSPITAL, NOW).seal
    assert (seal.mechanism, seal.digest) == ("sha256_ecdsa", "sha256")
