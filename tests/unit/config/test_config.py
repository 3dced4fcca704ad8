import re
from pathlib import Path

import pytest

from telemed.config import Config, Faulty, environment_of, load
from telemed.config.reference import documents

ROOT = Path(__file__).parents[3]


def faults(text: str = "", environment: dict[str, str] | None = None, *, folder: Path) -> list[str]:
    path = folder / "telemed.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Faulty) as caught:
        load([path], environment or {})
    return [fault.where.removeprefix(f"{path} ") for fault in caught.value.faults]


def test_nothing_given_is_a_usable_configuration() -> None:
    config = load([], {})
    assert config == Config()
    assert config.public_url == "http://127.0.0.1:8080"
    assert not config.https
    assert config.archive_path == Path("state/imaging")


def test_later_sources_win_key_by_key(tmp_path: Path) -> None:
    first, second, secret = tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "dsn"
    first.write_text('[http]\nport = 1\nhost = "10.0.0.1"\n[dicom]\nport = 104\n', "utf-8")
    second.write_text("[http]\nport = 2\n", "utf-8")
    secret.write_text("postgresql://u:p@db/telemed\n", "utf-8")
    config = load(
        [first, second],
        {
            "TELEMED__DICOM__PORT": "105",
            "TELEMED__HTTP__NAMES": "a.example, b.example",
            "TELEMED__DATABASE__DSN_FILE": str(secret),
            "PATH": "/bin",
        },
    )
    assert (config.http.port, config.http.host, config.dicom.port) == (2, "10.0.0.1", 105)
    assert config.http.names == ("a.example", "b.example")
    assert config.database.dsn == "postgresql://u:p@db/telemed"
    assert config.public_url == "https://a.example:2"


def test_every_fault_is_reported_at_once_in_both_languages(tmp_path: Path) -> None:
    text = '[http]\nport = 70000\nprot = 1\n[nothing]\nx = 1\n[dicom]\nae_title = "has\\\\backslash"\n'
    environment = {
        "TELEMED__HTTP__TLS": "off",
        "TELEMED__HTTP__HSOT": "x",
        "TELEMED__DATABASE__DSN_FILE": str(tmp_path / "absent"),
        "TELEMED__HTTP__CERTIFICATE": "/c.pem",
        "TELEMED__COUNTY__TIME_ZONE": "Asia/Longan",
        "TELEMED__HTTP__TRUSTED_PROXIES": "10.0.0.0/33",
        "TELEMED__REDIS__URL": "http://x",
        "TELEMED__HTTP__PUBLIC_URL": "https://x/path",
    }
    assert faults(text, environment, folder=tmp_path) == [
        "[http] prot",
        "[nothing]",
        "TELEMED__HTTP__HSOT",
        "TELEMED__DATABASE__DSN_FILE",
        "[http] port",
        "TELEMED__HTTP__TLS",
        "[dicom] ae_title",
        "http.certificate, http.private_key",
        "http.trusted_proxies",
        "http.public_url",
        "county.time_zone",
        "redis.url",
    ]
    with pytest.raises(Faulty, match=r"是否指 port.*is port meant"):
        load([tmp_path / "telemed.toml"], {})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("port = ", ""),
        ("http = 1", "http"),
        ('[http]\nport = "8080 "', "[http] port"),
        ("[http]\nport = true", "[http] port"),
        ("[state]\npath = 1", "[state] path"),
        ('[state]\npath = ""', "[state] path"),
        ("[archive]\nwarn_free_bytes = 5", "archive.*_free_bytes"),
        ('[dicom]\nclient_ca = "/ca.pem"', "dicom.client_ca"),
        ('[dicom]\nae_title = "    "', "[dicom] ae_title"),
        ('[dicom]\nae_title = "SEVENTEEN_LETTERS"', "[dicom] ae_title"),
        ('[http]\nhost = "0.0.0.0"\ntls = "proxy"', "http.tls"),
        ('[call]\nrelay = "off"\nurls = ["turn:a:3478?transport=udp"]', "call.urls"),
        ('[call]\nurls = ["turn:a:3478"]', "[call] urls"),
        ('[call]\nurls = ["turns:a:443?transport=udp"]', "[call] urls"),
        ('[call]\nurls = ["turn:somebody@a:3478?transport=udp"]', "[call] urls"),
        ("[call]\nmax_peers = 5", "[call] max_peers"),
        ("[call]\ntls_port = 443", "call.tls_port"),
        ("[call]\nrelay_port_first = 50000\nrelay_port_last = 50000", "call.relay_port_last"),
        ("[call]\naddresses = []", "call.addresses"),
        ('[call]\naddresses = ["0.0.0.0"]', "call.addresses"),
        ('[call]\naddresses = ["relay.example"]', "call.addresses"),
        ('[call]\npublic_address = "::"', "call.public_address"),
        ('[call]\nrelayed_networks = ["10.20.0.1/16"]', "call.relayed_networks"),
        ('[janus]\nurl = "ws://10.20.0.9:8188"', "janus.url"),
        ('[janus]\nurl = "ws://10.20.0.9:8188"\nsecret = "north"\nstart = "on"', "janus.url"),
        ('[janus]\nurl = "http://10.20.0.9:8188"\nsecret = "north"', "[janus] url"),
        ('[janus]\nsecret = "a\\"b"', "[janus] secret"),
        ("[janus]\npeople = 4", "[janus] people"),
        ("[janus]\nmedia_port_first = 52223", "janus.media_port_last"),
        ('[janus]\naddress = "127.0.0.1"', "janus.address"),
        ('[janus]\naddress = "0.0.0.0"', "janus.address"),
        ('[janus]\npublic_address = "county.example"', "janus.public_address"),
        ('[call]\nsecret = "two words"', "[call] secret"),
    ],
)
def test_near_misses(tmp_path: Path, text: str, where: str) -> None:
    found = faults(text, folder=tmp_path)
    assert len(found) == 1
    assert found[0] == where or (not where and found[0].endswith("telemed.toml"))


def test_a_value_and_its_file_together_are_a_fault(tmp_path: Path) -> None:
    secret = tmp_path / "s"
    secret.write_text("redis://x", "utf-8")
    environment = {"TELEMED__REDIS__URL": "redis://y", "TELEMED__REDIS__URL_FILE": str(secret)}
    assert faults(environment=environment, folder=tmp_path) == ["TELEMED__REDIS__URL_FILE"]


def test_children_read_back_the_same_configuration(tmp_path: Path) -> None:
    path = tmp_path / "telemed.toml"
    path.write_text(
        '[http]\nhost = "0.0.0.0"\nnames = ["a", "b"]\n[archive]\npath = "/x y"\n[dicom]\npdu_seconds = 1.5\n', "utf-8"
    )
    config = load([path], {})
    assert load([], environment_of(config)) == config


def test_a_relay_elsewhere_is_named_by_its_addresses_and_its_secret(tmp_path: Path) -> None:
    secret = tmp_path / "turn_secret"
    secret.write_text("north\n", "ascii")
    told = "turn:relay.example:3478?transport=udp,turns:relay.example:443?transport=tcp"
    call = load(
        [],
        {"TELEMED__CALL__RELAY": "off", "TELEMED__CALL__URLS": told, "TELEMED__CALL__SECRET_FILE": str(secret)},
    ).call
    assert call.urls == tuple(told.split(","))
    assert call.secret == "north"


def test_https_comes_with_every_address_but_loopback() -> None:
    for host, https in (
        ("127.0.0.1", False),
        ("localhost", False),
        ("::1", False),
        ("0.0.0.0", True),  # noqa: S104  asked about, not bound
        ("10.1.2.3", True),
    ):
        assert load([], {"TELEMED__HTTP__HOST": host}).https is https
    assert load([], {"TELEMED__HTTP__TLS": "on"}).https


@pytest.mark.parametrize(("path", "text"), documents(ROOT).items(), ids=lambda value: getattr(value, "name", ""))
def test_generated_documents_are_up_to_date(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text, "run: ./run telemed check-config --reference"


@pytest.mark.parametrize("name", ["telemed.toml", "dicom_gateway.toml"])
def test_the_commented_files_say_the_defaults(tmp_path: Path, name: str) -> None:
    original = ROOT / "config" / name
    assert load([original], {}) == Config()
    lines = original.read_text("utf-8").splitlines()
    uncommented = tmp_path / name
    uncommented.write_text("\n".join(re.sub(r"^#(?! )", "", line) for line in lines), "utf-8")
    assert load([uncommented], {}) == Config()
    assert "\nport = 11112\n" in uncommented.read_text("utf-8")
