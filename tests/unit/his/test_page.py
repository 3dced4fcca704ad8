"""What browsers are told to let the page do, and that its script is one that old browsers read."""

import subprocess

import pytest

from telemed.cds.registration import ORIGIN
from telemed.his.page import FILES, policy
from telemed.his.words import DONE, IDENTITIES, MEANINGS, PAGE, REFUSED, SILENT
from tests.generated import WEB
from tests.pipeline import node


def directives(text):
    return dict(one.strip().partition(" ")[::2] for one in text.split(";"))


def test_the_page_is_framed_by_pages_of_its_own_system_alone_and_loads_nothing_but_its_two_files():
    found = directives(policy("n0nce", ["https://his.example", "http://localhost:8000"]))
    assert found["frame-ancestors"] == "http://localhost:8000 https://his.example"
    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == "'nonce-n0nce'"
    assert (found["form-action"], found["connect-src"], found["base-uri"]) == ("'self'", "'self'", "'none'")
    assert "unsafe" not in policy("n0nce", [])


def test_a_system_without_pages_frames_nothing_and_a_sentence_may_be_read_anywhere():
    assert directives(policy("n", []))["frame-ancestors"] == "'none'"
    assert directives(policy("n", None))["frame-ancestors"] == "*"


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example; script-src *",
        "https://a.example *",
        "*",
        "https://*.example",
        "'self'",
        "data:",
        "https://a.example/path",
        "https://a.example\n",
    ],
)
def test_what_is_no_origin_never_gets_into_a_policy(origin):
    assert not ORIGIN.fullmatch(origin)
    assert directives(policy("n", [origin]))["frame-ancestors"] == "'none'"


def test_the_script_is_es2015_and_nothing_newer():
    script, _ = FILES["recognition.js"]
    parse = "require('acorn').parse(require('fs').readFileSync(0, 'utf8'), {ecmaVersion: Number(process.argv[1])})"
    good = subprocess.run(node("-e", parse, "2015"), cwd=WEB, input=script, capture_output=True, check=False)
    assert good.returncode == 0, good.stderr.decode()
    newer = subprocess.run(node("-e", parse, "2015"), cwd=WEB, input=b"a?.b", capture_output=True, check=False)
    assert newer.returncode != 0


def test_every_word_is_there_in_both_languages():
    for words in (DONE, IDENTITIES, MEANINGS, PAGE, REFUSED):
        for key, one in words.items():
            assert one.zh, key
            assert one.en, key
            assert set(one.en) & set("，。；：（）") == set(), key
    assert {bool(one.zh) == bool(one.en) for one in SILENT.values()} == {True}
