"""DICOM over TLS: the handshake never holds up anybody else, and a certificate speaks for one organisation only."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydicom import dcmread
from pynetdicom import AE

from dicom_gateway.upper_layer.limits import Limits
from tests.dicom.conftest import peer
from tests.dicom.test_foreign_peers import CT, answered, refusal

CT_STORAGE, EVR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def write_key_and_certificate(folder, name, *, issuer=None, alternative=()):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
    certificate = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    pem = folder / f"{name}.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return certificate, key, pem


@pytest.fixture
def county(tmp_path):
    """A county CA, a server's certificate, and those of two townships."""
    ca, ca_key, ca_pem = write_key_and_certificate(tmp_path, "ca")
    issued = {
        name: write_key_and_certificate(tmp_path, name, issuer=(ca, ca_key), alternative=alternative)[2]
        for name, alternative in {
            "server": [x509.IPAddress(ip_address("127.0.0.1"))],
            "township-1": [x509.UniformResourceIdentifier("urn:uuid:township-1")],
            "township-2": [x509.UniformResourceIdentifier("urn:uuid:township-2")],
        }.items()
    }
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued["server"])
    context.load_verify_locations(ca_pem)
    context.verify_mode = ssl.CERT_REQUIRED
    return context, ca_pem, issued


def client(county, name: str) -> ssl.SSLContext:
    _, ca, issued = county
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(issued[name])
    return context


async def associate(gateway, county, name):
    ae = AE(ae_title="PYNETDICOM")
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 5
    ae.add_requested_context(CT_STORAGE, [EVR])
    secured = (client(county, name), "127.0.0.1")
    return await answered(lambda: ae.associate("127.0.0.1", gateway.port, ae_title="TELEMED", tls_args=secured))


async def test_a_device_stores_over_tls_with_its_townships_certificate(start_gateway, county):
    gateway = await start_gateway(tls=county[0])
    association = await associate(gateway, county, "township-1")
    assert (await asyncio.to_thread(association.send_c_store, dcmread(CT))).Status == 0
    await asyncio.to_thread(association.release)
    assert len(gateway.spool.kept) == 1


async def test_a_certificate_of_another_township_does_not_speak_for_this_device(start_gateway, county):
    gateway = await start_gateway(tls=county[0])
    association = await associate(gateway, county, "township-2")
    assert refusal(association) == (1, 1, 3)


async def test_silent_tls_clients_hold_up_nobody_and_are_gone_after_the_deadline(start_gateway, county):
    gateway = await start_gateway(tls=county[0], limits=Limits(handshake_seconds=2, close_seconds=1))
    async with peer(gateway.port) as silent, peer(gateway.port) as another:
        await gateway.until(lambda: gateway.server.open_connections == 2)
        association = await asyncio.wait_for(associate(gateway, county, "township-1"), 2)
        assert association.is_established
        await asyncio.to_thread(association.release)
        await silent.closed()
        await another.closed()
    await gateway.until(lambda: gateway.server.open_connections == 0)


async def test_plain_dicom_on_a_tls_port_is_closed(start_gateway, county):
    gateway = await start_gateway(tls=county[0])
    async with peer(gateway.port) as plain:
        await plain.send(b"\1\0\0\0\0\4abcd")
        async with asyncio.timeout(5):
            await plain.reader.read()
    await gateway.until(lambda: gateway.server.open_connections == 0)
