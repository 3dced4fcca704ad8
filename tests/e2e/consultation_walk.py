"""The steps of a consultation as four people take them, each by keyboard alone; every step is pictured and checked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from telemed.demo.consultations import photograph

from .browser import axe, complaints, picture
from .keyboard import Keys
from .stack import ROOT, Account, Stack

HISTORY = "右肺上叶结节随访半年，近 3 周痰中带血，无发热。既往体健，不吸烟。"
DIAGNOSIS = "右肺上叶实性结节，较前增大，恶性不能除外。"
ADVICE = "建议 1 周内增强 CT；必要时胸外科门诊就诊。"
IMAGING = "32"


@dataclass
class Side:
    """One person at one window. locale: of the pages. wrong: what should not be, told at the end of the walk."""

    account: Account
    page: Page
    locale: str
    keys: Keys
    errors: list[str]
    wrong: list[str] = field(default_factory=list[str])

    def say(self, zh: str, en: str) -> str:
        return zh if self.locale == "zh-CN" else en

    def starts(self, zh: str, en: str) -> re.Pattern[str]:
        """The name of a field, which may go on with the sign that it is needed."""
        return re.compile("^" + re.escape(self.say(zh, en)))

    def see(self, step: str) -> None:
        """Picture the step, and look at it as those do who cannot see it."""
        picture(self.page, f"walk-{self.locale}-{step}")
        self.wrong += [f"{step}: {one}" for one in axe(self.page)]
        overflow = self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            self.wrong.append(f"{step}: {overflow} px wider than the window")

    def told(self, zh: str, en: str) -> None:
        """What was done is said at the foot of the page, politely."""
        expect(self.page.locator(".announcement")).to_contain_text(self.say(zh, en))


@dataclass(frozen=True)
class Case:
    """One consultation, and the number people call it by."""

    id: str
    number: str


def side(context: BrowserContext, account: Account, locale: str) -> Side:
    page = context.new_page()
    return Side(account, page, locale, Keys(page), complaints(page))


def find_patient(one: Side, patient: str, name: str) -> None:
    """From the list of patients to the wizard, with the study that is looked at."""
    page, keys = one.page, one.keys
    page.goto("/patients")
    page.locator("input[type='search']").wait_for()
    keys.press("/")
    page.keyboard.insert_text(name)
    keys.press("Enter")
    keys.reach_it(page.locator(f"a[href='/patients/{patient}']"), name)
    keys.press("Enter")
    page.locator(".strip").wait_for()
    expect(page.get_by_role("link", name=one.say("申请会诊", "Request consultation")).first).to_be_visible()
    one.see("01-patient")
    keys.use("link", one.say("申请会诊", "Request consultation"))
    page.wait_for_url(re.compile("/consultations/new"))


def write_request(one: Side, question: str) -> Case:
    """The case, the question, consent with its paper, and sending it."""
    page, keys = one.page, one.keys
    expect(page.get_by_role("checkbox", checked=True).first).to_be_visible()
    page.locator(".results summary").first.wait_for()
    keys.reach_it(page.locator(".results summary").first, "first report")
    keys.press("Enter")
    keys.tick(page.locator(".results details[open] input").first, "its results")
    expect(page.locator(".results .chosen")).to_be_visible()
    one.see("02-case")
    keys.use("button", one.say("下一步", "Next"))
    page.get_by_role("combobox").wait_for()
    keys.choose(one.say("急", "Urgent"))
    keys.select(one.starts("受邀科室", "Department asked"), IMAGING)
    keys.write(one.starts("病情摘要", "History"), HISTORY)
    keys.write(one.starts("会诊问题", "Question"), question)
    expect(page.get_by_role("status").filter(has_text=one.say("草稿已保存", "Draft saved"))).to_be_visible()
    one.see("03-question")

    # Loaded again, and gone back to, everything is there.
    page.reload()
    expect(page.get_by_role("textbox", name=one.starts("会诊问题", "Question"))).to_have_value(question)
    keys.press("Alt+ArrowRight")
    page.get_by_role("textbox", name=one.starts("同意人姓名", "Name of who agreed")).wait_for()
    page.go_back()
    expect(page.get_by_role("textbox", name=one.starts("会诊问题", "Question"))).to_have_value(question)
    page.go_forward()
    name = one.starts("同意人姓名", "Name of who agreed")
    page.get_by_role("textbox", name=name).wait_for()
    keys.write(name, "王志强")
    keys.select(one.starts("与患者关系", "Relation"), "child")
    keys.choose(one.say("捺手印", "Fingerprint"))
    paper = {"name": "consent.png", "mimeType": "image/png", "buffer": photograph()}
    keys.give_file(page.locator("input[type='file']"), "photograph", paper)
    expect(page.locator(".kept")).to_be_visible()
    one.see("04-consent")
    keys.use("button", one.say("登记知情同意", "Record consent"))
    one.told("已登记知情同意", "Consent recorded")
    page.locator("section li", has_text="王志强").wait_for()
    one.see("05-ready")
    keys.press("Control+Enter")
    page.locator("dialog[open]").wait_for()
    one.see("06-send")
    keys.press("Control+Enter")
    page.wait_for_url(re.compile(r"/consultations/[0-9a-f-]{36}$"))
    expect(page.locator(".head")).to_contain_text(one.say("待分诊", "To be triaged"))
    one.see("07-sent")
    return Case(page.url.rsplit("/", 1)[-1], page.locator(".detail dd").first.inner_text())


def triage(one: Side, case: Case, expert: str, step: str) -> None:
    """From the duty board to an expert by name."""
    page, keys = one.page, one.keys
    page.goto("/duty/board")
    keys.reach_it(page.locator(f".cards a[href='/consultations/{case.id}']"), "the request's card")
    one.see(f"{step}-board")
    keys.press("Enter")
    page.wait_for_url(re.compile(case.id))
    page.locator("section.facts").wait_for()
    offer(one, expert, step)


def offer(one: Side, expert: str, step: str) -> None:
    page, keys = one.page, one.keys
    again = page.get_by_role("button", name=re.compile(one.say("改请专家|邀请专家", "Ask somebody else|Ask an expert")))
    again.wait_for()
    keys.reach_it(again, "who is asked")
    keys.press("Enter")
    page.locator("dialog[open]").wait_for()
    keys.choose(one.say("指定专家", "A named expert"))
    wanted = page.get_by_role("radio", name=re.compile(expert))
    wanted.wait_for()
    keys.choose(re.compile(expert))
    one.see(f"{step}-offer")
    keys.press("Control+Enter")
    one.told("已邀请", "Expert asked")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".detail")).to_contain_text(expert)


def to_the_case(one: Side, case: Case) -> None:
    """Down the list until the case is looked at."""
    page, keys = one.page, one.keys
    page.goto("/consultations")
    page.locator("[role='grid'][aria-busy='false'] tbody [role='row']").first.wait_for()
    keys.reach("grid", one.say("会诊列表", "Consultations"))
    rows = page.locator("[role='grid'] tbody [role='row']").count()
    for _ in range(rows):
        shown = page.locator(".detail h2").inner_text()
        if case.number in shown:
            break
        keys.press("ArrowDown")
        expect(page.locator(".detail h2")).not_to_have_text(shown)
    expect(page.locator(".detail h2")).to_contain_text(case.number)
    page.locator("section.facts").wait_for()


def accept(one: Side, case: Case) -> None:
    page, keys = one.page, one.keys
    to_the_case(one, case)
    expect(page.locator(".head")).to_contain_text(one.say("待接诊", "Awaiting expert"))
    expect(page.locator(".head .ticking").first).to_be_visible()
    one.see("11-asked")
    keys.press("a")
    one.told("已接诊", "Accepted")
    expect(page.locator(".head")).to_contain_text(one.say("已接诊", "Accepted"))
    one.see("12-accepted")
    keys.press("f")
    page.locator("dialog[open]").wait_for()
    one.see("13-begin")
    keys.press("Control+Enter")
    one.told("会诊已开始", "The session has begun")
    expect(page.locator(".head")).to_contain_text(one.say("会诊中", "In session"))


def enter_room(one: Side) -> None:
    one.keys.press("e")
    one.page.wait_for_url(re.compile("/rooms/"))
    expect(one.page.locator(".corner.top.right")).to_contain_text("Im ")
    expect(one.page.get_by_test_id("phase")).to_have_text(one.say("已连接", "Connected"))


def meet(expert: Side, physician: Side) -> None:
    """One presents, the other follows; marks, messages, looking for oneself and coming back."""
    page, keys = expert.page, expert.keys
    other = physician.page
    keys.press("t")
    expect(page.locator(".lead")).to_have_text(
        expert.say("您正在主讲，其他人跟随您的画面", "You present; the others follow your view")
    )
    expect(other.get_by_test_id("follow")).to_have_text(physician.say("正在跟随主讲", "Following the presenter"))
    for _ in range(2):
        shown = page.locator(".corner.top.right .main").inner_text()
        keys.press("ArrowDown")
        expect(page.locator(".corner.top.right .main")).not_to_have_text(shown)
    expect(other.locator(".corner.top.right .main")).to_have_text(page.locator(".corner.top.right .main").inner_text())
    expect(page.get_by_test_id("see")).to_have_text(expert.say("看到此图 2/2", "2/2 see this image"))
    keys.press("l", "m", "Enter", *["ArrowRight"] * 20, "Enter", "Escape")
    said = page.get_by_test_id("mark-said").first
    expect(said).to_have_text(re.compile(r"^M1 \d+\.\d mm$"))
    expect(other.get_by_test_id("mark-said").first).to_have_text(said.inner_text())
    keys.press("c")
    page.keyboard.insert_text("请看此层，结节边缘有毛刺。")
    keys.press("Enter")
    expect(other.locator(".line .text").last).to_have_text("请看此层，结节边缘有毛刺。")
    physician.keys.press("h")
    expect(other.get_by_test_id("follow")).to_have_text(physician.say("自由查看中", "Looking freely"))
    physician.see("15-free")
    physician.keys.press("h")
    expect(other.get_by_test_id("follow")).to_have_text(physician.say("正在跟随主讲", "Following the presenter"))
    physician.keys.press("c")
    other.keyboard.insert_text("看到了，患者愿意进一步检查。")
    physician.keys.press("Enter")
    expect(page.locator(".line .text").last).to_have_text("看到了，患者愿意进一步检查。")
    expert.see("14-presents")
    physician.see("14-follows")


def sign(one: Side, folder: Path) -> Path:
    """Write the opinion, leave the desk and come back, sign it; returns the file."""
    page, keys = one.page, one.keys
    keys.use("link", one.say("写会诊意见", "Write the opinion"))
    diagnosis = one.starts("诊断意见", "Diagnosis")
    page.get_by_role("textbox", name=diagnosis).wait_for()
    keys.write(diagnosis, DIAGNOSIS)
    # Called away: the screen is locked with half of it written, and nothing is lost.
    keys.press("Control+Alt+l")
    page.locator(".veil").wait_for()
    one.see("16-locked")
    page.keyboard.type(one.account.password)
    keys.press("Enter")
    expect(page.locator(".veil")).to_have_count(0)
    expect(page.get_by_role("textbox", name=diagnosis)).to_have_value(DIAGNOSIS)
    keys.write(one.starts("诊疗建议", "Advice"), ADVICE)
    expect(page.locator(".opinion header [role='status']")).to_contain_text(one.say("草稿已保存", "Draft saved"))
    page.reload()
    expect(page.get_by_role("textbox", name=diagnosis)).to_have_value(DIAGNOSIS)
    one.see("17-opinion")
    keys.use("button", one.say("签发会诊意见", "Sign opinion"))
    page.locator("dialog[open]").wait_for()
    password = one.starts("签名密码", "Signing password")
    keys.write(password, "not the password")
    keys.press("Control+Enter")
    expect(page.locator("dialog[open]")).to_contain_text(one.say("密码不正确", "The password is not right"))
    keys.write(password, one.account.password, instead=True)
    one.see("18-sign")
    keys.press("Control+Enter")
    one.told("意见已签发", "Opinion signed")
    page.locator(".signed").wait_for()
    one.see("19-signed")
    return keys.download(one.say("下载意见书（PDF）", "Download opinion (PDF)"), folder / "opinion.pdf")


def verified(county: Stack, file: Path) -> str:
    """What `telemed opinion verify` says of the file, at the county's own machine."""
    command = [sys.executable, "-P", "-m", "telemed", "opinion", "verify", str(file), "--state", str(county.state)]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=here, cwd=ROOT)
    return f"{done.returncode} {done.stdout}{done.stderr}"


def decide(one: Side, case: Case, verdict: tuple[str, str]) -> None:
    """The inviting side says what it makes of the opinion, and rates it."""
    page, keys = one.page, one.keys
    to_the_case(one, case)
    expect(page.locator(".head")).to_contain_text(one.say("已回复", "Opinion returned"))
    page.locator(".signed").wait_for()
    one.see("20-returned")
    keys.press("f")
    page.locator("dialog[open]").wait_for()
    keys.choose(one.say(*verdict))
    keys.write(one.starts("理由", "Reason"), "增强 CT 采纳；胸外科就诊待患者商量后再定。")
    one.see("21-decide")
    keys.press("Control+Enter")
    one.told("已记录决定", "Decision recorded")
    expect(page.locator(".head")).to_contain_text(one.say("已归档", "Archived"))
    keys.use("button", one.say("评价", "Rate"), exact=True)
    page.locator("dialog[open]").wait_for()
    keys.choose(one.say("5 星", "5 stars"))
    one.see("22-rate")
    keys.press("Control+Enter")
    one.told("已评价", "Rated")
    expect(page.locator(".signed")).to_contain_text(one.say("5 星", "5 stars"))
    one.see("23-archived")
