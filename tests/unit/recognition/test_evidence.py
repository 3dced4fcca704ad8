"""What each finding rests on is told with it: the clause, and the names and values of what was looked at."""

# ruff: noqa: E501 -- what is printed of one finding stands on one line

from __future__ import annotations

import pytest

from telemed.recognition.decision import Decision, Finding
from tests.unit.recognition.good import GOOD, findings
from tests.unit.recognition.near_misses import NEAR_MISSES, ON_THE_ORDER, NearMiss

#: Good case → all that is found of it, each with its clause and evidence.
FOUND: dict[str, dict[str, str]] = {
    "laboratory": {
        "context-ordinary": "国卫医发〔2022〕6号 可复查情形（四）: encounter=outpatient",
        "data-held": "国卫医发〔2022〕6号 第二条:",
        "grant-active": "国卫医发〔2022〕6号 第四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
        "identity-linked": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
        "integrity-intact": "国卫医发〔2022〕6号 第四条:",
        "item-mapped": "本服务规则：项目对照: code=GLU map_version=map-7",
        "item-stable": "目录 2026-1 第 12 行:",
        "method-comparable": "目录 2026-1 第 12 行: asked=glucose-oxidase hexokinase found=hexokinase",
        "no-event-between": "国卫医发〔2022〕6号 可复查情形（一）:",
        "no-exception": "目录 2026-1 第 12 行:",
        "order-mapped": "本服务规则：项目对照: item=glucose",
        "scope-covers": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
        "signatures-sufficient": "国卫医发〔2022〕6号 第四条: needed=0",
        "specimen-clean": "国卫医发〔2022〕6号 第十二条:",
        "specimen-comparable": "目录 2026-1 第 12 行: asked=serum found=serum",
        "status-final": "国卫医发〔2022〕6号 第二条: status=final version=1",
        "unit-comparable": "目录 2026-1 第 12 行: asked=mg/dL mmol/L found=mmol/L",
        "value-present": "目录 2026-1 第 12 行: value=5.1",
        "window-within": "目录 2026-1 第 12 行: collected_at=2026-11-20T00:30:00Z age_days=4 window_days=7",
    },
    "imaging": {
        "context-ordinary": "国卫医发〔2022〕6号 可复查情形（四）: encounter=outpatient",
        "contrast-comparable": "目录 2026-1 第 88 行: asked=plain found=plain",
        "grade-sufficient": "国卫医发〔2022〕6号 第四条: grade=A",
        "grant-active": "国卫医发〔2022〕6号 第四条: grant=g-1 basis=imaging-quality-control evidence=eqa-2026-1",
        "identity-linked": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
        "images-available": "本服务规则：影像可调阅: checked_at=2026-11-24T07:50:00Z",
        "integrity-intact": "国卫医发〔2022〕6号 第四条:",
        "item-mapped": "本服务规则：项目对照: code=RX-0441",
        "item-stable": "目录 2026-1 第 88 行:",
        "modality-comparable": "目录 2026-1 第 88 行: asked=CT found=CT",
        "no-event-between": "国卫医发〔2022〕6号 可复查情形（一）:",
        "no-exception": "目录 2026-1 第 88 行:",
        "order-mapped": "本服务规则：项目对照: item=knee-ct",
        "scope-covers": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
        "series-complete": "国卫医发〔2022〕6号 第二条:",
        "side-comparable": "目录 2026-1 第 88 行: asked=L found=L",
        "signatures-sufficient": "国卫医发〔2022〕6号 第四条: signatures=1 needed=1",
        "site-comparable": "目录 2026-1 第 88 行: asked=knee found=knee",
        "status-final": "国卫医发〔2022〕6号 第二条: status=final version=1",
        "technique-sufficient": "目录 2026-1 第 88 行: rows=64 slice_mm=1.25",
        "window-within": "目录 2026-1 第 88 行: acquired_at=2026-11-10T01:30:00Z age_days=14 window_days=30",
    },
    "ultrasound": {
        "context-ordinary": "国卫医发〔2022〕6号 可复查情形（四）: encounter=outpatient",
        "contrast-comparable": "目录 2026-1 第 88 行: found=plain",
        "grade-sufficient": "国卫医发〔2022〕6号 第四条: grade=A",
        "grant-active": "国卫医发〔2022〕6号 第四条: grant=g-1 basis=imaging-quality-control evidence=eqa-2026-1",
        "identity-linked": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
        "images-available": "本服务规则：影像可调阅: checked_at=2026-11-24T07:50:00Z",
        "integrity-intact": "国卫医发〔2022〕6号 第四条:",
        "item-mapped": "本服务规则：项目对照: code=US-0100",
        "item-stable": "目录 2026-1 第 88 行:",
        "modality-comparable": "目录 2026-1 第 88 行: asked=US found=US",
        "no-event-between": "国卫医发〔2022〕6号 可复查情形（一）:",
        "no-exception": "目录 2026-1 第 88 行:",
        "order-mapped": "本服务规则：项目对照: item=ultrasound",
        "scope-covers": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
        "series-complete": "国卫医发〔2022〕6号 第二条:",
        "side-comparable": "目录 2026-1 第 88 行: found=L",
        "signatures-sufficient": "国卫医发〔2022〕6号 第四条: signatures=1 needed=1",
        "site-comparable": "目录 2026-1 第 88 行: found=knee",
        "status-final": "国卫医发〔2022〕6号 第二条: status=final version=1",
        "technique-sufficient": "目录 2026-1 第 88 行:",
        "ultrasound-inside-community": "本服务规则：超声限医共体内: producer=anda accepter=anda",
        "window-within": "目录 2026-1 第 88 行: acquired_at=2026-11-10T01:30:00Z age_days=14 window_days=30",
    },
}
#: Near miss → its finding.
MISSED: dict[str, str] = {
    "identity-not-linked": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
    "identity-not-linked no link": "本服务规则：身份:",
    "identity-potential": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
    "identity-temporary": "本服务规则：身份: link=l-1 since=2026-11-20T09:00:00Z",
    "identity-missing": "本服务规则：身份: missing=link",
    "kind-contradicts": "本服务规则：项目对照: code=RX-0441 kind=imaging asked=ecg",
    "mapping-unconfirmed": "本服务规则：项目对照: code=GLU map_version=map-7",
    "order-ambiguous": "本服务规则：项目对照: items=glucose glucose-2",
    "status-preliminary": "国卫医发〔2022〕6号 第二条: status=preliminary version=1",
    "status-cancelled": "国卫医发〔2022〕6号 第二条: status=cancelled version=1",
    "status-entered-in-error": "国卫医发〔2022〕6号 第二条: status=entered-in-error version=1",
    "status-unknown": "国卫医发〔2022〕6号 第二条: status=unknown version=1",
    "integrity-broken": "国卫医发〔2022〕6号 第四条:",
    "integrity-unchecked": "国卫医发〔2022〕6号 第四条:",
    "signatures-few": "国卫医发〔2022〕6号 第四条: signatures=0 needed=1",
    "signatures-missing": "国卫医发〔2022〕6号 第四条: missing=signatures needed=1",
    "grant-none": "国卫医发〔2022〕6号 第十四条: organization=township",
    "grant-withdrawn": "国卫医发〔2022〕6号 第四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-suspended": "国卫医发〔2022〕6号 第四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-proposed": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-out-of-period ended when the specimen was collected": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-out-of-period begun a moment later": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-out-of-period stored as expired": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "grant-other-reader": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=county-remote-reading evidence=eqa-2026-1",
    "grant-other-device": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=imaging-quality-control evidence=eqa-2026-1",
    "grant-device-unknown": "国卫医发〔2022〕6号 第十四条: grant=g-1 basis=imaging-quality-control evidence=eqa-2026-1",
    "grant-scope-outside": "国卫医发〔2022〕6号 第十三条: grant=g-1 basis=external-quality-assessment evidence=eqa-2026-1",
    "scope-outside": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
    "scope-direction": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
    "scope-not-named": "国卫医发〔2022〕6号 第十三条: scope=绥化HR producer=township accepter=county",
    "organization-unknown": "国卫医发〔2022〕6号 第十三条: scope=绥化HR",
    "ultrasound-outside-community": "本服务规则：超声限医共体内: producer=elsewhere accepter=anda",
    "ultrasound-community-unknown": "本服务规则：超声限医共体内:",
    "window-past": "目录 2026-1 第 12 行: collected_at=2026-11-20T00:30:00Z age_days=8 window_days=7",
    "anchor-missing": "本服务规则：时限起点: missing=collected_at",
    "anchor-without-zone": "本服务规则：时限起点: collected_at=2026-11-20T08:30:00",
    "anchor-future": "本服务规则：时限起点: collected_at=2026-11-24T08:00:00.000001Z as_of=2026-11-24T08:00:00Z",
    "anchor-absurd": "本服务规则：时限起点: collected_at=1900-01-01T00:00:00Z earliest=1990-01-01",
    "anchor-absurd before there was a calendar": "本服务规则：时限起点: collected_at=0001-01-01T00:00:00+08:00 earliest=1990-01-01",
    "anchor-after-report": "本服务规则：时限起点: collected_at=2026-11-20T00:30:00Z reported_at=2026-11-20T00:29:59Z",
    "grant-time-unknown": "国卫医发〔2022〕6号 第十四条: because=anchor-missing",
    "value-missing": "目录 2026-1 第 12 行:",
    "specimen-other": "目录 2026-1 第 12 行: asked=serum found=urine",
    "specimen-missing": "目录 2026-1 第 12 行: asked=serum",
    "specimen-unfit": "国卫医发〔2022〕6号 第十二条: flags=haemolysed",
    "method-other": "目录 2026-1 第 12 行: asked=glucose-oxidase hexokinase found=dry-strip",
    "method-missing": "目录 2026-1 第 12 行: asked=glucose-oxidase hexokinase",
    "unit-other": "目录 2026-1 第 12 行: asked=mg/dL mmol/L found=mmol/L/h",
    "unit-missing": "目录 2026-1 第 12 行: asked=mg/dL mmol/L",
    "modality-other": "目录 2026-1 第 88 行: asked=CT found=CTA",
    "modality-missing": "目录 2026-1 第 88 行: asked=CT",
    "site-other": "目录 2026-1 第 88 行: asked=knee found=ankle",
    "site-missing": "目录 2026-1 第 88 行: asked=knee",
    "side-other": "目录 2026-1 第 88 行: asked=L found=R",
    "side-missing": "目录 2026-1 第 88 行: asked=L",
    "contrast-less": "目录 2026-1 第 88 行: asked=plain found=enhanced",
    "contrast-missing": "目录 2026-1 第 88 行: asked=plain",
    "technique-below slice too thick": "目录 2026-1 第 88 行: slice_mm=2.51 / 2.5",
    "technique-below too few rows": "目录 2026-1 第 88 行: rows=15 / 16",
    "technique-missing": "目录 2026-1 第 88 行: slice_mm= / 2.5",
    "series-incomplete": "国卫医发〔2022〕6号 第二条:",
    "completeness-unknown": "国卫医发〔2022〕6号 第二条:",
    "images-unavailable": "本服务规则：影像可调阅: checked_at=2026-11-24T07:50:00Z",
    "images-unchecked": "本服务规则：影像可调阅: missing=probe",
    "images-stale": "本服务规则：影像可调阅: checked_at=2026-11-24T07:29:59.999999Z minutes=30",
    "grade-c": "国卫医发〔2022〕6号 第四条: grade=C",
    "grade-reject": "国卫医发〔2022〕6号 第四条: grade=reject",
    "grade-missing": "国卫医发〔2022〕6号 第四条:",
    "item-volatile": "目录 2026-1 第 12 行:",
    "event-between": "国卫医发〔2022〕6号 可复查情形（一）: event=op-1 kind=surgery at=2026-11-20T00:30:00Z",
    "event-undated": "国卫医发〔2022〕6号 可复查情形（一）: event=op-1 kind=surgery",
    "event-undated without a zone": "国卫医发〔2022〕6号 可复查情形（一）: event=op-1 kind=surgery at=2026-11-01T00:00:00",
    "event-order-unknown": "国卫医发〔2022〕6号 可复查情形（一）: event=op-1 kind=surgery at=2026-11-24T08:00:00Z",
    "exception-value-abnormal": "目录 2026-1 附则 3: exception=abnormal",
    "exception-value-critical": "目录 2026-1 附则 3: exception=critical",
    "exception-value-unknown": "目录 2026-1 附则 3: exception=abnormal",
    "exception-pre-operative": "目录 2026-1 附则 4: exception=pre-op",
    "exception-pre-transfusion": "目录 2026-1 附则 4: exception=pre-transfusion",
    "context-emergency": "国卫医发〔2022〕6号 可复查情形（四）: encounter=outpatient",
    "context-rescue": "国卫医发〔2022〕6号 可复查情形（四）: encounter=outpatient",
    "context-forensic": "国卫医发〔2022〕6号 可复查情形（五）: encounter=outpatient",
    "context-pre-operative": "国卫医发〔2022〕6号 可复查情形（三）: encounter=outpatient",
    "context-pre-transfusion": "国卫医发〔2022〕6号 可复查情形（三）: encounter=outpatient",
    "context-unknown": "国卫医发〔2022〕6号 可复查情形（四）: missing=encounter_class",
    "item-not-listed": "本服务规则：项目对照: codes=urn:cn:item|123",
    "item-not-listed the document has ended": "本服务规则：项目对照: item=glucose",
    "item-left-out": "本服务规则：项目对照: item=glucose document=2026-1",
}


def told(found: Finding) -> str:
    return " ".join([f"{found.clause}:", *(f"{name}={value}" for name, value in found.evidence)])


def told_by(decision: Decision) -> dict[str, str]:
    return {one.code: told(one) for one in findings(decision)}


@pytest.mark.parametrize("kind", FOUND)
def test_all_that_is_found_of_a_good_case_says_what_it_rests_on(kind):
    assert told_by(GOOD[kind]().decide()) == FOUND[kind]


@pytest.mark.parametrize("near", NEAR_MISSES + ON_THE_ORDER, ids=str)
def test_what_is_found_of_a_near_miss_says_what_it_rests_on(near: NearMiss):
    assert told_by(near.without(near.good()).decide())[near.code] == MISSED[str(near)]
