"""From findings to a verdict: the whole order of precedence, and nothing else.

The table a reviewer reads is tests/spec/recognition_verdicts.md.
"""

from collections.abc import Iterable, Mapping, Sequence

from telemed.recognition.decision import Finding, Gate, Outcome, Verdict

#: Which result is shown first; the lower the better.
RANK: Mapping[Verdict, int] = {
    Verdict.EXEMPT: 0,
    Verdict.MUST_OFFER: 1,
    Verdict.MAY_OFFER: 2,
    Verdict.INDETERMINATE: 3,
    Verdict.NOT_ELIGIBLE: 4,
}


def exempts(findings: Iterable[Finding]) -> bool:
    """Whether the circumstances exempt the order, whatever else was found."""
    return any(one.gate is Gate.CONTEXT and one.outcome is Outcome.FAIL for one in findings)


def verdict_on(findings: Sequence[Finding]) -> Verdict:
    """What one result is worth: the first line below that holds."""
    against = [one for one in findings if one.outcome is not Outcome.PASS]
    if exempts(against):
        return Verdict.EXEMPT
    if any(one.hard and one.outcome is Outcome.FAIL for one in against):
        return Verdict.NOT_ELIGIBLE
    if any(one.hard for one in against):
        return Verdict.INDETERMINATE
    return Verdict.MAY_OFFER if against else Verdict.MUST_OFFER


def best(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """MUST over MAY over INDETERMINATE over NOT_ELIGIBLE; None where there is no result at all: no card."""
    return min((one for one in verdicts if one is not None), key=RANK.__getitem__, default=None)
