"""The paper of an opinion as a reader of PDF sees it, and what setting it may cost."""

import asyncio
import io
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from telemed.consultation.opinion.document import KEYWORD, Examination, Opinion, Patient, opinion_digest
from telemed.consultation.opinion.printed import pages
from telemed.consultation.opinion.typesetting import Limits, Press
from telemed.errors import Unavailable
from tests.unit.consultation.opinion.opinions import OPINION, ZONE

NO_SHAPE = "\ufffd"
HASH = "0123456789abcdef" * 4
HOSTILE = "\n".join(  # noqa: FLY002
    [
        '#import "@preview/x:1.0.0": *',
        '#read("/etc/passwd") #panic("x") #{1+1} [*粗*] _斜_ $x^2$ `code` \\u{41} <label> @ref // c /* c */',
        "= 标题",
        "- 列表 -- --- ... \"引号\" 'x' ~ \\",
        "(((a)\\\\ (b)) )(",
        "<script>alert(1)</script><b>粗</b>&amp;",
    ]
)


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "paper.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def facts_of(pdf: bytes, folder: Path, program: str) -> str:
    (folder / "paper.pdf").write_bytes(pdf)
    return subprocess.run([program, str(folder / "paper.pdf")], check=True, capture_output=True, text=True).stdout


def text_inside_the_margins(path: Path) -> str:
    window = ["-r", "72", "-x", "50", "-y", "0", "-W", "495", "-H", "842"]
    return subprocess.run(["pdftotext", *window, str(path), "-"], check=True, capture_output=True, text=True).stdout


async def set_paper(opinion: Opinion) -> bytes:
    """A paper on which nothing is an empty box: what a reader copies out may be right where what is painted is not."""
    pdf = await Press().pdf(opinion, HASH, ZONE)
    assert not any(NO_SHAPE in page for page in pages(PdfFileReader(io.BytesIO(pdf))))
    return pdf


def letters(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


async def test_the_paper_says_what_an_opinion_says(tmp_path: Path) -> None:
    text = text_of(await set_paper(OPINION), tmp_path)
    for said in (
        "HZ20261127-0007",
        "柳河镇中心卫生院",
        "龙安县第一人民医院（演示）",
        "王桂兰",
        "性别：女",
        "年龄：73岁",
        "会诊目的",
        "病情摘要",
        "检查资料清单",
        "胸部平扫",
        "诊断意见",
        "左肺上叶磨玻璃结节",
        "三个月后复查",
        "孟淑珍",
        "主任医师",
        "110220000012345",
        "2026年11月27日14:05:33（Asia/Shanghai，UTC+08:00）",
        "机构电子印章",
        "第二身份验证",
        "telemedopinionverify",
        "第1页/共1页",
        HASH,
        opinion_digest(OPINION),
    ):
        assert letters(said) in letters(text), said


async def test_the_same_opinion_is_the_same_bytes_and_another_is_not() -> None:
    first, second = await set_paper(OPINION), await set_paper(OPINION)
    assert first == second
    assert await set_paper(msgspec.structs.replace(OPINION, advice="立即转诊。")) != first


async def test_its_properties_name_the_evidence_and_the_moment_of_the_signature(tmp_path: Path) -> None:
    facts = facts_of(await set_paper(OPINION), tmp_path, "pdfinfo")
    assert KEYWORD + HASH in facts
    assert re.search(r"CreationDate: +Fri Nov 27 .*2026", facts)
    assert "595.276 x 841.89 pts (A4)" in facts
    assert "王桂兰" not in facts


async def test_every_font_is_embedded_and_none_is_the_system_s(tmp_path: Path) -> None:
    lines = facts_of(await set_paper(OPINION), tmp_path, "pdffonts").splitlines()[2:]
    assert lines
    for line in lines:
        assert "NotoSansCJK" in line
        assert line.split()[-5] == "yes"  # embedded


async def test_what_looks_like_a_program_is_printed_as_it_was_typed(tmp_path: Path) -> None:
    pdf = await set_paper(msgspec.structs.replace(OPINION, diagnosis=HOSTILE))
    text, painted = letters(text_of(pdf, tmp_path)), "".join(pages(PdfFileReader(io.BytesIO(pdf))))
    for line in HOSTILE.splitlines():
        assert letters(line) in text, line
        assert letters(line) in painted, line


async def test_rare_characters_are_printed(tmp_path: Path) -> None:
    patient = Patient("龘䶮㙓𠮷", "女", "73岁")
    text = text_of(await set_paper(msgspec.structs.replace(OPINION, patient=patient)), tmp_path)
    assert "龘䶮㙓𠮷" in letters(text)


async def test_other_directions_and_what_no_font_has_are_shown_by_number(tmp_path: Path) -> None:
    said = "剂量 10\u202e00 mg；ئۇيغۇر；עברית；😀"
    text = letters(text_of(await set_paper(msgspec.structs.replace(OPINION, advice=said)), tmp_path))
    assert "10[U+202E]00mg" in text
    assert "[U+0626][U+06C7]" in text
    assert "[U+05E2]" in text
    assert "[U+1F600]" in text


async def test_twenty_pages_are_numbered_and_complete(tmp_path: Path) -> None:
    lines = [f"第{number:04}行：双肺纹理清晰，未见明显异常密度影。" for number in range(1000)]
    long = msgspec.structs.replace(OPINION, summary="\n".join(lines[:500]), diagnosis="\n".join(lines[500:]))
    text = letters(text_of(await set_paper(long), tmp_path))
    last = int(re.search(r"第1页/共(\d+)页", text).group(1))
    assert last >= 20
    for page in range(1, last + 1):
        assert f"第{page}页/共{last}页" in text
    for line in lines:
        assert letters(line) in text
    assert text.count(HASH) == last


async def test_a_word_without_a_blank_stays_on_the_page(tmp_path: Path) -> None:
    endless = msgspec.structs.replace(OPINION, diagnosis="W" * 3000, patient=Patient("N" * 200, "女", "1岁"))
    pdf = await set_paper(endless)
    (tmp_path / "paper.pdf").write_bytes(pdf)
    text = text_inside_the_margins(tmp_path / "paper.pdf")
    assert text.count("W") == 3000
    assert text.count("N") >= 200


async def test_a_list_of_three_hundred_examinations_repeats_its_heading(tmp_path: Path) -> None:
    many = tuple(Examination("2026-11-26 09:12", "CT", f"项目{number}", f"A{number}", "院") for number in range(300))
    text = letters(text_of(await set_paper(msgspec.structs.replace(OPINION, examinations=many)), tmp_path))
    assert all(f"项目{number}" in text for number in range(300))
    assert text.count("检查时间类型检查项目") > 1


@pytest.mark.parametrize(
    "limits",
    [Limits(memory=100 << 20), Limits(seconds=0.01), Limits(processor_seconds=0)],
    ids=["memory", "time", "processor"],
)
async def test_what_would_cost_more_than_it_may_is_not_set(limits: Limits) -> None:
    with pytest.raises(Unavailable) as refused:
        await Press(limits).pdf(OPINION, HASH, ZONE)
    assert refused.value.code == "opinion-not-set"


async def test_no_setter_is_left_behind_when_the_asker_goes_away() -> None:
    asked = asyncio.create_task(Press().pdf(OPINION, HASH, ZONE))
    started = asyncio.Event()
    real = asyncio.create_subprocess_exec
    processes: list[asyncio.subprocess.Process] = []

    async def watched(*arguments: object, **named: object) -> asyncio.subprocess.Process:
        process = await real(*arguments, **named)
        processes.append(process)
        started.set()
        return process

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncio, "create_subprocess_exec", watched)
        await started.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert processes[0].returncode is not None


async def test_one_opinion_at_a_time_is_set() -> None:
    press = Press()
    papers = await asyncio.gather(*(press.pdf(OPINION, HASH, ZONE) for _ in range(3)))
    assert len(set(papers)) == 1
