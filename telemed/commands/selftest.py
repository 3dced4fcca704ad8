"""Prove this installation: one private county, one study to its printed report, one order that is asked about."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from socket import socket
from typing import Any
from uuid import UUID, uuid4

from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

from telemed.commands.selftest_consultation import consult
from telemed.commands.selftest_recognition import Failed, Somebody, recognise
from telemed.demo.agreements import COMMUNITY
from telemed.demo.person import Person, accounts_of, person
from telemed.demo.phantom import Examination, Subject, ct_series
from telemed.demo.push import Gateway, NotSent, push

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
EVENT_SECONDS = 60
SLICES = 12
TECHNICIAN, AUTHOR, VERIFIER, REQUESTER, ADMINISTRATOR, QUALITY, COORDINATOR = (
    "chenxiaoyu",
    "zhengwenbo",
    "mashumin",
    "wanglichun",
    "fengjianshe",
    "yulihua",
    "hanxue",
)
PATIENT = Somebody("自检患者", "239999195603140024", "F", "1956-03-14")
WRITTEN = {"findings": "双肺纹理清晰，右肺上叶见一结节影，直径约 12 mm。", "impression": "右肺上叶结节，建议复查。"}
AE_TITLE = "SELFTEST"
ENROLLED_SECONDS = 15  # five times what the gateway promises


@dataclass(frozen=True)
class Private:
    """A county of its own in a temporary folder, on free ports of the loopback."""

    state: Path
    http: int
    dicom: int
    mllp: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    @property
    def accounts(self) -> Path:
        return self.state / "demo-accounts.json"

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("TELEMED__")}
        return {
            **ours,
            "TELEMED__STATE__PATH": str(self.state),
            "TELEMED__HTTP__PORT": str(self.http),
            "TELEMED__DICOM__PORT": str(self.dicom),
            "TELEMED__LABORATORY__MLLP": "on",
            "TELEMED__LABORATORY__PORT": str(self.mllp),
            "TELEMED__RECOGNITION__COMMUNITY": COMMUNITY.key,
            "PYTHONPATH": str(ROOT),
        }


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="保留临时目录 / keep the temporary folder")


def run(arguments: argparse.Namespace) -> int:
    steps = Steps()
    try:
        with _folder(keep=arguments.keep) as folder:
            private = Private(folder / "state", *_free_ports())
            with steps.step("启动数据库、网关与服务", "start database, gateway and server"):
                process = _start(private)
            try:
                with steps.step("装入机构、人员与设备", "bring in places, people and devices"):
                    _people(private)
                asyncio.run(_day(private, steps))
            finally:
                with steps.step("停止", "stop everything"):
                    _stop(process)
    except Exception:  # noqa: BLE001 -- whatever went wrong is this command's answer, not a crash
        traceback.print_exc()
        print("\n自检未通过 / the self-test FAILED")
        return 1
    print(f"\n自检通过 / the self-test passed: {len(steps.taken)} 步 / steps, {sum(steps.taken):.0f} ms")
    return 0


class Steps:
    """Prints each step with its milliseconds."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    @contextlib.contextmanager
    def step(self, zh: str, en: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        except BaseException:
            print(f"  ✗ {zh} / {en}", flush=True)
            raise
        self.taken.append((time.perf_counter() - started) * 1000)
        print(f"  ✓ {self.taken[-1]:8.0f} ms  {zh} / {en}", flush=True)


async def _day(private: Private, steps: Steps) -> None:
    """One study's way, each step by whoever does it in the county."""
    accounts = accounts_of(private.accounts)
    async with contextlib.AsyncExitStack() as stack:

        async def signed_in(username: str) -> Person:
            return await stack.enter_async_context(person(private.url, accounts[username]))

        with steps.step("七人登录（签发者与管理员用动态口令）", "seven people sign in, some with a second factor"):
            technician, author = await signed_in(TECHNICIAN), await signed_in(AUTHOR)
            verifier, requester = await signed_in(VERIFIER), await signed_in(REQUESTER)
            administrator, quality = await signed_in(ADMINISTRATOR), await signed_in(QUALITY)
            coordinator = await signed_in(COORDINATOR)
        worklist = await stack.enter_async_context(author.listening("worklist"))

        with steps.step("检查登记", "the technician registers a patient"):
            registered = await technician.post("/api/registrations", _registration())
            accession = registered["accession_number"]

        seen = await stack.enter_async_context(administrator.listening("admin"))
        with steps.step("未登记设备被拒绝并列出", "an unknown device is refused and listed as seen"):
            await _refused_and_seen(private, administrator, seen)
        with steps.step("登记设备后即可连接", "the device is enrolled and let in"):
            place = technician.me["organization_id"]
            await administrator.post("/api/devices", {"ae_title": AE_TITLE, "organization_id": place, "modality": "CT"})
            await asyncio.to_thread(_let_in, private)
        with steps.step(f"设备推送 {SLICES} 幅 CT（C-STORE）", f"a modality pushes {SLICES} CT slices by C-STORE"):
            study_uid = await asyncio.to_thread(_push, private, accession)

        with steps.step("工作列表出现该检查", "the worklist's event arrives and the reading is listed"):
            reading = await _awaited(worklist, lambda: _listed(author, study_uid))

        with steps.step("领取", "the radiologist claims it"):
            await author.post(f"/api/readings/{reading}/claim")
        with steps.step("调阅影像（元数据与首幅）", "images open: metadata and the first frame"):
            await _look(author, study_uid, worklist)
        with steps.step("书写并自动保存", "the draft is saved"):
            desk = await author.get(f"/api/readings/{reading}")
            draft = {**WRITTEN, "revision": desk["draft"]["revision"]}
            saved = await author.post(f"/api/readings/{reading}/draft", draft, method="PUT")
        with steps.step("提交审核", "submitted for verification"):
            submit = {"revision": saved["revision"], "study_instance_uid": study_uid}
            await author.post(f"/api/readings/{reading}/submit", submit)
        with steps.step("审核签发（另一医师，密码与动态口令）", "another radiologist verifies and signs"):
            await verifier.post(f"/api/readings/{reading}/claim-verification", {})
            desk = await verifier.get(f"/api/readings/{reading}")
            signing = {**submit, "revision": desk["draft"]["revision"], "password": verifier.password}
            await verifier.post(f"/api/readings/{reading}/sign", signing)
        with steps.step("乡镇看到报告并打印", "the township reads and prints the report"):
            await _township(requester, study_uid)

        await consult(steps, coordinator, verifier, requester, study_uid)
        township = UUID(str(technician.me["organization_id"]))
        await recognise(private, steps, PATIENT, administrator=administrator, quality=quality, township=township)


async def _refused_and_seen(private: Private, administrator: Person, events: Any) -> None:
    if await asyncio.to_thread(_accepted, private):
        raise Failed("a device that nobody enrolled was let in")

    async def look() -> str | None:
        listed = [one["ae_title"] for one in (await administrator.get("/api/devices/seen"))["items"]]
        return AE_TITLE if AE_TITLE in listed else None

    await _awaited(events, look)


async def _township(requester: Person, study_uid: str) -> None:
    listed = (await requester.get("/api/site/reports"))["items"]
    mine = [one for one in listed if one["line"]["study_instance_uid"] == study_uid]
    if not mine:
        raise Failed("the township's list of reports does not hold the signed report")
    report = mine[0]["report_id"]
    detail = await requester.get(f"/api/reports/{report}")
    if detail["version"]["impression"] != WRITTEN["impression"]:
        raise Failed("the report that came back is not the one that was signed")
    await requester.post(f"/api/reports/{report}/view")
    printed = await requester.post(f"/api/reports/{report}/print", {})
    if printed["printed_at"] is None:
        raise Failed("the print was not recorded")


async def _listed(author: Person, study_uid: str) -> str | None:
    items: list[dict[str, Any]] = (await author.get("/api/worklist"))["items"]
    waiting = [one for one in items if one["study_instance_uid"] == study_uid and one["state"] == "awaiting-reading"]
    return waiting[0]["id"] if waiting else None


async def _awaited(events: Any, look: Callable[[], Awaitable[str | None]]) -> str:
    """Look after every event until it is there; an event that never comes is the failure."""
    async with asyncio.timeout(EVENT_SECONDS):
        while True:
            await events.receive_json()
            found = await look()
            if found is not None:
                return found


async def _look(author: Person, study_uid: str, events: Any) -> None:
    """Open the images; the last ones may be indexed a moment after the first, which the worklist's event tells."""
    series = await author.get(f"/dicom-web/studies/{study_uid}/series")
    series_uid = series[0]["0020000E"]["Value"][0]
    there = 0

    async def whole() -> str | None:
        nonlocal there
        there = len(await author.get(f"/dicom-web/studies/{study_uid}/series/{series_uid}/metadata"))
        return series_uid if there == SLICES else None

    if await whole() is None:
        try:
            await _awaited(events, whole)
        except TimeoutError:
            raise Failed(f"{there} of {SLICES} instances have metadata") from None


def _registration() -> dict[str, Any]:
    return {
        "submission_id": str(uuid4()),
        "person": {
            "sex": PATIENT.sex,
            "name": PATIENT.name,
            "birth_date": PATIENT.born,
            "document": {"kind": "national-id", "number": PATIENT.number},
            "phone": "0999-0000000",
            "address": "青石村东头 7 号",
        },
        "modality": "CT",
        "item": "CT 胸部平扫",
        "body_site": "CHEST",
        "laterality": "U",
        "encounter_class": "emergency",
        "emergency_class": "chest-pain",
        "priority": "stat",
        "history": "咳嗽 2 月，痰中带血 3 周。",
        "purpose": "明确右肺病变。",
        "consent_told": True,
        "fee_state": "paid",
    }


def _associate(private: Private) -> Association:
    entity = ApplicationEntity(AE_TITLE)
    entity.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    # pynetdicom leaves the types of its event handlers open
    return entity.associate("127.0.0.1", private.dicom, ae_title="TELEMED")  # pyright: ignore[reportUnknownMemberType]


def _accepted(private: Private) -> bool:
    association = _associate(private)
    accepted = association.is_established
    if accepted:
        association.release()
    return accepted


def _let_in(private: Private) -> None:
    deadline = time.monotonic() + ENROLLED_SECONDS
    while not _accepted(private):
        if time.monotonic() > deadline:
            raise Failed("an enrolled device is still refused")
        time.sleep(0.1)


def _push(private: Private, accession: str) -> str:
    """Send a small CT series as an independent peer would; every C-STORE must be answered 0x0000."""
    subject = Subject(patient_id="ST1", name="Zijian^Huanzhe=自检患者", sex="F", birth_date=date(1956, 3, 14))
    examination = Examination(
        key=accession,
        at=datetime.now(timezone(timedelta(hours=8))),
        accession_number=accession,
        study_uid=str(generate_uid()),
    )
    try:
        statuses = push(
            Gateway("127.0.0.1", private.dicom, "TELEMED"), AE_TITLE, ct_series(subject, examination, slices=SLICES)
        )
    except NotSent as failed:
        raise Failed(f"C-STORE: {failed}") from failed
    if any(statuses):
        raise Failed(f"C-STORE was answered {statuses}")
    return examination.study


def _start(private: Private) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "telemed", "up", "--no-demo", "--state", str(private.state)]
    log = (private.state.parent / "up.log").open("wb")
    process = subprocess.Popen(command, env=private.environment, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"{private.url}/health/ready", timeout=2),  # noqa: S310 -- our own address
        ):
            return process
        time.sleep(0.1)
    _stop(process)
    raise Failed("the county did not start:\n" + (private.state.parent / "up.log").read_text(errors="replace")[-4000:])


def _people(private: Private) -> None:
    command = [sys.executable, "-m", "telemed.demo", "--people-only"]
    subprocess.run(command, env=private.environment, check=True, stdout=subprocess.DEVNULL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    if process.wait(timeout=60) != 0:
        raise Failed(f"the county ended with status {process.returncode}")


def _free_ports() -> tuple[int, int, int]:
    """Free ports for pages, DICOM and MLLP."""
    with socket() as one, socket() as two, socket() as three:
        for each in (one, two, three):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1], three.getsockname()[1]


@contextlib.contextmanager
def _folder(*, keep: bool) -> Generator[Path]:
    """A folder that the database's own user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="telemed-selftest-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        if keep:
            print(f"  临时目录 / folder: {folder}")
        else:
            shutil.rmtree(folder)
