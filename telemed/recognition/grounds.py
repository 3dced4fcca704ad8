"""Every ground a gate may find, in one table: its gate, what it means, whether it is hard, and the clause it rests on.

Hard grounds set a result aside or leave it to a person; soft ones only lower the offer to 可参考 (practice 7).
A clause names the measures of 2022 only where their text was found; what this service adds says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from telemed.recognition.decision import Evidence, Finding, Gate, Outcome

_MEASURES = "国卫医发〔2022〕6号"
#: A result is the image or the data, never the conclusion a physician drew from it.
_IMAGES_AND_DATA = f"{_MEASURES} 第二条"
#: 质量安全为底线、质量控制合格为前提、接诊医师判断为标准.
_QUALITY_FIRST = f"{_MEASURES} 第四条"
#: Items are stable, of one technical standard, easy to assess.
_COMPARABLE_ITEMS = f"{_MEASURES} 第十二条"
_RANGE_OF_MARK = f"{_MEASURES} 第十三条"
_MARK = f"{_MEASURES} 第十四条"
_CHANGED = f"{_MEASURES} 可复查情形（一）"
_CHANGES_FAST = f"{_MEASURES} 可复查情形（二）"
_BEFORE_MEASURES = f"{_MEASURES} 可复查情形（三）"
_URGENT = f"{_MEASURES} 可复查情形（四）"
_FORENSIC = f"{_MEASURES} 可复查情形（五）"
_IDENTITY = "本服务规则：身份"
_MAPPING = "本服务规则：项目对照"
_TIME = "本服务规则：时限起点"
_PROBE = "本服务规则：影像可调阅"
_ULTRASOUND = "本服务规则：超声限医共体内"
#: Stands in for the line of the document in force, which a finding on a demand of that line cites instead.
_DOCUMENT = "互认项目文件"


@dataclass(frozen=True, slots=True)
class Ground:
    gate: Gate
    outcome: Outcome
    hard: bool
    clause: str


def _hard(gate: Gate, clause: str, *, good: str, bad: str = "", missing: str = "") -> dict[str, Ground]:
    return _grounds(gate, clause, good, bad, missing, hard=True)


def _soft(gate: Gate, clause: str, *, good: str = "", bad: str = "", missing: str = "") -> dict[str, Ground]:
    return _grounds(gate, clause, good, bad, missing, hard=False)


def _grounds(gate: Gate, clause: str, good: str, bad: str, missing: str, *, hard: bool) -> dict[str, Ground]:
    told = ((Outcome.PASS, good), (Outcome.FAIL, bad), (Outcome.UNKNOWN, missing))
    return {code: Ground(gate, outcome, hard, clause) for outcome, codes in told for code in codes.split()}


GROUNDS: Mapping[str, Ground] = {
    **_hard(
        Gate.IDENTITY,
        _IDENTITY,
        good="identity-linked",
        bad="identity-not-linked",
        missing="identity-missing identity-potential identity-temporary",
    ),
    **_hard(
        Gate.MAPPING,
        _MAPPING,
        good="order-mapped item-mapped",
        bad="item-not-listed item-left-out kind-contradicts",
        missing="order-ambiguous mapping-unconfirmed",
    ),
    **_hard(
        Gate.STATUS,
        _IMAGES_AND_DATA,
        good="status-final",
        bad="status-preliminary status-cancelled status-entered-in-error",
        missing="status-unknown",
    ),
    **_hard(
        Gate.STATUS,
        _QUALITY_FIRST,
        good="integrity-intact signatures-sufficient",
        bad="integrity-broken signatures-few",
        missing="integrity-unchecked signatures-missing",
    ),
    **_hard(Gate.GRANT, _QUALITY_FIRST, good="grant-active", bad="grant-withdrawn grant-suspended"),
    **_soft(
        Gate.GRANT,
        _MARK,
        bad="grant-out-of-period grant-other-reader grant-other-device",
        missing="grant-none grant-proposed grant-device-unknown grant-time-unknown",
    ),
    **_soft(
        Gate.GRANT,
        _RANGE_OF_MARK,
        good="scope-covers",
        bad="grant-scope-outside scope-outside scope-direction scope-not-named",
        missing="organization-unknown",
    ),
    **_soft(
        Gate.GRANT,
        _ULTRASOUND,
        good="ultrasound-inside-community",
        bad="ultrasound-outside-community",
        missing="ultrasound-community-unknown",
    ),
    **_soft(Gate.WINDOW, _DOCUMENT, good="window-within", bad="window-past"),
    **_soft(
        Gate.WINDOW,
        _TIME,
        missing="anchor-missing anchor-without-zone anchor-future anchor-absurd anchor-after-report",
    ),
    **_hard(
        Gate.COMPARABILITY,
        _COMPARABLE_ITEMS,
        good="value-present specimen-comparable specimen-clean method-comparable unit-comparable",
        bad="specimen-other specimen-unfit method-other unit-other",
        missing="value-missing specimen-missing method-missing unit-missing",
    ),
    **_hard(
        Gate.COMPARABILITY,
        _COMPARABLE_ITEMS,
        good="modality-comparable site-comparable side-comparable contrast-comparable technique-sufficient",
        bad="modality-other site-other side-other contrast-less technique-below",
        missing="modality-missing site-missing side-missing contrast-missing technique-missing",
    ),
    **_hard(
        Gate.COMPARABILITY,
        _IMAGES_AND_DATA,
        good="series-complete",
        bad="series-incomplete",
        missing="completeness-unknown",
    ),
    **_hard(Gate.AVAILABILITY, _IMAGES_AND_DATA, good="data-held"),
    **_hard(
        Gate.AVAILABILITY,
        _PROBE,
        good="images-available",
        bad="images-unavailable",
        missing="images-unchecked images-stale",
    ),
    **_hard(Gate.AVAILABILITY, _QUALITY_FIRST, good="grade-sufficient", bad="grade-c grade-reject"),
    **_soft(Gate.AVAILABILITY, _QUALITY_FIRST, missing="grade-missing"),
    **_soft(Gate.INTERVENING, _CHANGES_FAST, good="item-stable", bad="item-volatile"),
    **_soft(
        Gate.INTERVENING,
        _CHANGED,
        good="no-event-between",
        bad="event-between",
        missing="event-undated event-order-unknown",
    ),
    **_soft(
        Gate.EXCEPTION,
        _DOCUMENT,
        good="no-exception",
        bad="exception-value-abnormal exception-value-critical exception-pre-operative exception-pre-transfusion",
        missing="exception-value-unknown",
    ),
    **_soft(
        Gate.CONTEXT,
        _URGENT,
        good="context-ordinary",
        bad="context-emergency context-rescue",
        missing="context-unknown",
    ),
    **_soft(Gate.CONTEXT, _FORENSIC, bad="context-forensic"),
    **_soft(Gate.CONTEXT, _BEFORE_MEASURES, bad="context-pre-operative context-pre-transfusion"),
}


@lru_cache(maxsize=4096)  # of the findings on the results of one order most are the same
def finding(code: str, *evidence: tuple[str, str | int | None], clause: str | None = None) -> Finding:
    """What the table says of a code, with what it rests on here; a value that is missing is left out of the evidence.

    clause: the line of the document, where the demand is the document's own.
    """
    ground = GROUNDS[code]
    said: Evidence = tuple((name, value) for name, value in evidence if value is not None)
    return Finding(ground.gate, ground.outcome, code, clause or ground.clause, said, ground.hard)
