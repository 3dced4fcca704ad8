import pytest

from telemed.bootstrap import uv_settings


@pytest.mark.parametrize(
    ("listed", "settings"),
    [
        ("", {}),
        ("global.timeout='180'", {}),
        (
            "global.index-url='https://mirror.example/simple'",
            {"UV_DEFAULT_INDEX": "https://mirror.example/simple"},
        ),
        (
            (
                "global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'\n"
                ":env:.find-links='/opt/a /opt/b'"
            ),
            {
                "UV_INDEX": "https://a.example/simple https://b.example/simple",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
                "UV_FIND_LINKS": "/opt/a,/opt/b",
            },
        ),
        (
            (
                ":env:.index-url='https://env.example/simple'\nuser.index-url='https://file.example/simple'\n"
                "global.trusted-host='file.example'\nglobal.cert='/etc/hospital.pem'\nglobal.no-index='true'"
            ),
            {
                "UV_DEFAULT_INDEX": "https://env.example/simple",
                "UV_INSECURE_HOST": "file.example",
                "SSL_CERT_FILE": "/etc/hospital.pem",
                "UV_NO_INDEX": "1",
            },
        ),
    ],
    ids=["nothing", "nothing of interest", "a mirror", "more places", "environment beats file"],
)
def test_the_index_pip_is_configured_for_is_handed_to_uv(listed: str, settings: dict[str, str]) -> None:
    assert uv_settings(listed) == settings
