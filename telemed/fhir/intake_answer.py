"""The answer to a transaction: each entry with its status, where it is, and what of it waits for a person.  Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from telemed.fhir.datatypes import Json
from telemed.fhir.outcomes import Issue, outcome
from telemed.fhir.store import Brought, BroughtReport, Case
from telemed.results.fhir_bundle import Item, Transaction
from telemed.results.report import REASONS, Report, Results
from telemed.vocabulary import Text

WITHIN = Text("已随报告保存，不是单独的资源。", "Kept within the report; it is no resource of its own.")
THERE = Text("已存在，按 ifNoneExist 未作改动。", "It is there already; nothing was changed, as ifNoneExist asks.")
KEPT = Text(
    "消息原文已保存，此项待检验科核对后才成为结果。",
    "The message is kept; this becomes a result only after somebody has checked it.",
)
#: The grounds of report.REASONS in the words of FHIR; those that are not here say the same in both.
WORDS: Mapping[str, Text] = {
    "patient-name-missing": Text("Patient.name 缺失。请补全后重发。", "Patient.name is missing. Complete it, resend."),
    "patient-name-too-long": Text("Patient.name 过长。", "Patient.name is too long."),
    "report-number-missing": Text(
        "DiagnosticReport.identifier 缺失，无法区分报告，也无法对应更正。请补全后重发。",
        "DiagnosticReport.identifier is missing: corrections could not be told from new reports. Complete, resend.",
    ),
    "status-missing": Text("status 缺失。", "status is missing."),
    "status-unknown": Text("status 不在 FHIR R4 的值集中，或为 unknown。", "status is none of FHIR R4's, or unknown."),
    "code-missing": Text("Observation.code 缺少代码。", "Observation.code has no code."),
    "code-ambiguous": Text(
        "Observation.code 的代码对应不同项目。请核对对照表。",
        "The codes of Observation.code stand for different items. Check the code map.",
    ),
    "observation-twice": Text("同一报告中同一项目出现两次。", "One item stands twice in a report."),
    "not-a-number": Text("value 不是可用的数值。", "The value is no number that can be used."),
    "unit-missing": Text("数值缺少单位。", "The number has no unit."),
    "unit-unknown": Text(
        "单位无法识别，未作换算。请给出 UCUM 代码。",
        "The unit is not known and nothing was converted. Give its UCUM code.",
    ),
    "unit-contradicts": Text(
        "单位与检验项目不符，或 unit 与 code 不一致，未作换算。",
        "The unit contradicts the item, or its text its code; nothing was converted.",
    ),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where resources are now.  etags: by `Type/id`.  organization_id: the sender's.  existing: by line of a report."""

    etags: Mapping[str, str]
    organization_id: UUID
    organization_code: str
    existing: Mapping[int, UUID]


def name_of(report_id: UUID, key: tuple[str, str, str]) -> str:
    """By which name a result goes for good; the database says the same (laboratory_result_name)."""
    digest = hashlib.sha256("|".join(key).encode()).hexdigest()[:16]
    return f"{report_id.hex}-{digest}"


def answer(bundle: Transaction, found: Results, brought: Brought, placed: Placed, message_id: UUID) -> Json:
    """The transaction-response."""
    reports = {(one.number_system, one.number): one for one in brought.reports}
    teller = _Teller(bundle, found, brought, placed, reports)
    return {
        "resourceType": "Bundle",
        "id": str(message_id),
        "type": "transaction-response",
        "entry": [{"response": teller.told(item)} for item in bundle.items],
    }


@dataclass(frozen=True, slots=True)
class _Teller:
    bundle: Transaction
    found: Results
    brought: Brought
    placed: Placed
    reports: Mapping[tuple[str, str], BroughtReport]

    def told(self, item: Item) -> Json:
        match item.kind:
            case "DiagnosticReport":
                return self._report(item)
            case "Observation":
                return self._observation(item)
            case "Patient":
                return self._patient(item)
            case "Organization":
                return self._organization(item)
            case _:
                return _response("200 OK", issues=[Issue("information", "informational", WITHIN)])

    def _report(self, item: Item) -> Json:
        if item.line in self.placed.existing:
            there = Issue("information", "duplicate", THERE)
            return self._at("200 OK", f"DiagnosticReport/{self.placed.existing[item.line]}", [there])
        cases = self._cases(item.line)
        report = next((one for one in self._reports() if one.line == item.line), None)
        stored = None if report is None else self.reports.get((report.number_system, report.number))
        if stored is None:
            return _response("202 Accepted", issues=[*cases, Issue("warning", "incomplete", KEPT)])
        status = "201 Created" if stored.is_new else "200 OK"
        return self._at(status, f"DiagnosticReport/{stored.report_id}", cases)

    def _observation(self, item: Item) -> Json:
        cases = self._cases(item.line)
        names = [
            name_of(report_id, one.key)
            for report in self._reports()
            for report_id in self._ids(report)
            for one in report.observations
            if one.line == item.line
        ]
        stored = {one.name_id: one for one in self.brought.results}
        here = [stored[one] for one in names if one in stored]
        if here:
            status = "201 Created" if here[0].is_new else "200 OK"
            return self._at(status, f"Observation/{here[0].name_id}", cases)
        there = [f"Observation/{one}" for one in names if f"Observation/{one}" in self.placed.etags]
        if there and not cases:
            return self._at("200 OK", there[0], [Issue("information", "duplicate", THERE)])
        if not names and not cases and self._is_panel(item):
            return _response("200 OK", issues=[Issue("information", "informational", WITHIN)])
        return _response("202 Accepted", issues=[*cases, Issue("warning", "incomplete", KEPT)])

    def _is_panel(self, item: Item) -> bool:
        """Whether an entry only holds others together: the report was stored, and of the entry there is no result."""
        lines = {one.line for report in self._reports() for one in report.observations}
        return item.line not in lines

    def _patient(self, item: Item) -> Json:
        for one in self.found.patients:
            for report in one.reports:
                stored = self.reports.get((report.number_system, report.number))
                if stored is not None and self._is_of(item, report):
                    status = "201 Created" if stored.patient_is_new else "200 OK"
                    return self._at(status, f"Patient/{stored.patient_id}", [])
        return _response("200 OK", issues=[Issue("information", "informational", WITHIN)])

    def _is_of(self, item: Item, report: Report) -> bool:
        entry = self.bundle.items[report.line - 1]
        subject = getattr(entry.resource, "subject", None)
        found = None if subject is None else self.bundle.resolve(subject, "Patient", "")
        return isinstance(found, Item) and found.index == item.index

    def _organization(self, item: Item) -> Json:
        codes = {one.value for one in item.resource.identifier}
        if self.placed.organization_code in codes:
            return self._at("200 OK", f"Organization/{self.placed.organization_id}", [])
        return _response("200 OK", issues=[Issue("information", "informational", WITHIN)])

    def _reports(self) -> list[Report]:
        return [report for one in self.found.patients for report in one.reports]

    def _ids(self, report: Report) -> list[UUID]:
        stored = self.reports.get((report.number_system, report.number))
        existing = self.placed.existing.get(report.line)
        return [one for one in (None if stored is None else stored.report_id, existing) if one is not None]

    def _cases(self, line: int) -> list[Issue]:
        """What waits of an entry; what is said of the whole message stands at the first report."""
        first = self.bundle.of("DiagnosticReport")[0].line
        return [_issue(one) for one in self.brought.cases if one.line == line or (one.line == 0 and line == first)]

    def _at(self, status: str, location: str, issues: Sequence[Issue]) -> Json:
        etag = self.placed.etags.get(location)
        made = _response(status, issues=issues)
        made["location"] = location if etag is None else f"{location}/_history/{etag}"
        if etag is not None:
            made["etag"] = f'W/"{etag}"'
        return made


def _issue(one: Case) -> Issue:
    return Issue("warning", "business-rule", WORDS.get(one.reason, REASONS[one.reason]), _expression(one), one.reason)


def _expression(one: Case) -> str:
    """Where it is: the place itself, or the entry where it is told in the words of HL7 v2."""
    return one.place if one.place.startswith("Bundle.") else f"Bundle.entry[{one.line - 1}]" if one.line else "Bundle"


def _response(status: str, *, issues: Sequence[Issue] = ()) -> Json:
    made: Json = {"status": status}
    if issues:
        made["outcome"] = outcome(issues)
    return made
