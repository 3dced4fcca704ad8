import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from telemed.certificates import CA_DAYS, DOCUMENT_SIGNING, certify_document_key, ensure_server_certificate

NOW = datetime.now(UTC)
NAMES = ("xian-yizhong.example", "10.1.2.3", "localhost")


def test_a_browser_that_trusts_the_county_ca_takes_the_certificate(tmp_path: Path) -> None:
    made = ensure_server_certificate(tmp_path, "龙安县医共体", NAMES, NOW)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.pem)
    client = ssl.create_default_context(cafile=str(made.authority))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        thread = threading.Thread(target=lambda: server.wrap_socket(ours, server_side=True).close())
        thread.start()
        with client.wrap_socket(theirs, server_hostname="xian-yizhong.example") as secured:
            assert secured.version() == "TLSv1.3"
        thread.join()


def test_a_stranger_without_the_ca_refuses_it(tmp_path: Path) -> None:
    made = ensure_server_certificate(tmp_path / "a", "龙安县医共体", NAMES, NOW)
    other = ensure_server_certificate(tmp_path / "b", "别县医共体", NAMES, NOW)
    certificate = x509.load_pem_x509_certificate(made.pem.read_bytes())
    with pytest.raises(ValueError, match=r"(?i)issuer"):
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(other.authority.read_bytes()))
    assert made.fingerprint != other.fingerprint


def test_keys_are_for_the_owner_only(tmp_path: Path) -> None:
    ensure_server_certificate(tmp_path / "c", "县", NAMES, NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "c").iterdir()}
    assert modes == {"county-ca.pem": 0o644, "county-ca.key": 0o600, "server.pem": 0o600}


@pytest.mark.parametrize(
    ("later", "names", "renewed"),
    [
        (timedelta(days=300), NAMES, False),
        (timedelta(days=397 - 1 - 30 + 1), NAMES, True),
        (timedelta(0), (*NAMES, "second.example"), True),
        (timedelta(days=-30), NAMES, True),
    ],
    ids=["good for months", "about to end", "another name", "from the future"],
)
def test_the_certificate_is_renewed_when_needed_and_the_ca_never(
    tmp_path: Path, later: timedelta, names: tuple[str, ...], *, renewed: bool
) -> None:
    first = ensure_server_certificate(tmp_path, "县", NAMES, NOW)
    before = first.pem.read_bytes()
    second = ensure_server_certificate(tmp_path, "县", names, NOW + later)
    assert second.renewed is renewed
    assert (second.pem.read_bytes() != before) is renewed
    assert second.fingerprint == first.fingerprint


def test_the_ca_signs_servers_and_no_further_authorities(tmp_path: Path) -> None:
    made = ensure_server_certificate(tmp_path, "县", NAMES, NOW)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert authority.not_valid_after_utc > NOW + timedelta(days=CA_DAYS - 2)


def test_a_half_made_ca_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "county-ca.key").write_text("killed while writing", "ascii")
    assert ensure_server_certificate(tmp_path, "县", NAMES, NOW).renewed


def test_a_key_that_signs_documents_is_certified_for_that_alone_and_not_beyond_the_ca(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "一院 会诊证据")])
    made, authority = certify_document_key(tmp_path, "县", subject, key, now=NOW, days=CA_DAYS * 2)
    made.verify_directly_issued_by(authority)
    assert made.subject == subject
    assert made.public_key() == key
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [DOCUMENT_SIGNING]
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.not_valid_after_utc == authority.not_valid_after_utc


def test_two_that_start_together_make_one_ca(tmp_path: Path) -> None:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])

    def certified(_: int) -> x509.Certificate:
        key = ed25519.Ed25519PrivateKey.generate().public_key()
        return certify_document_key(tmp_path, "县", subject, key, now=NOW, days=1)[1]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(certified, range(8)))) == 1
