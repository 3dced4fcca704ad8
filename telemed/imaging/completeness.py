"""Whether all of a study is here: a decision on evidence, never on silence alone. Pure.

In order of weight: the number the sender announced, the modality's procedure step, the orderly release of every
association that brought a part.  Silence only ever gives "quiet".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from telemed.vocabulary import Text

#: A sender that opens one association an image is back within this time after a release.
RELEASE_GRACE = timedelta(seconds=10)
#: Silence after which nobody waits any longer without saying so.
QUIET = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one study.

    expected: instances the sender announced.  procedure_step_completed: MPPS.
    open_associations, lost_associations: of those that brought a part; released ones are the rest.
    """

    instances: int
    last_received_at: datetime
    expected: int | None = None
    procedure_step_completed: bool = False
    open_associations: int = 0
    lost_associations: int = 0
    released_associations: int = 0
    last_release_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receiving:
    """More may come; look again at the time given."""

    look_again_at: datetime


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything is here, proved by: announced | procedure-step | released."""

    proved_by: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing has come for a while and nothing proves that everything is here."""

    since: datetime


def decide(evidence: Evidence, now: datetime) -> Receiving | Complete | Quiet:
    """Weigh the evidence; the strongest that is there decides."""
    quiet_at = evidence.last_received_at + QUIET
    if evidence.expected is not None:
        # an announced number outweighs a release: a sender gives up in good order too
        if evidence.instances >= evidence.expected:
            return Complete("announced")
    elif evidence.open_associations == 0 and evidence.lost_associations == 0:
        if evidence.procedure_step_completed:
            return Complete("procedure-step")
        if evidence.released_associations:
            last = max(evidence.last_received_at, evidence.last_release_at or evidence.last_received_at)
            settled_at = last + RELEASE_GRACE
            return Complete("released") if now >= settled_at else Receiving(settled_at)
    return Quiet(evidence.last_received_at) if now >= quiet_at else Receiving(quiet_at)


def words(state: str, evidence: str, *, instances: int, expected: int | None, quiet_minutes: int) -> Text:
    """Say it on a screen: 已收齐（发送方声明 40 幅）, 未收齐 37/40，静默 10 分钟."""
    share = f"{instances}/{expected}" if expected is not None else str(instances)
    if state == "receiving":
        return Text(f"上传中 {share}", f"Uploading {share}")
    if state == "quiet":
        of = f"{instances} of {expected}" if expected is not None else f"{instances} received"
        return Text(f"未收齐 {share}，静默 {quiet_minutes} 分钟", f"{of}, quiet {quiet_minutes} min")
    proofs = {
        "announced": Text(f"发送方声明 {expected} 幅", f"sender announced {expected}"),
        "procedure-step": Text("设备检查步骤已完成", "procedure step completed"),
        "released": Text("发送方正常结束", "sender finished in good order"),
    }
    proof = proofs[evidence]
    return Text(f"已收齐 {instances} 幅（{proof.zh}）", f"Complete, {instances} images ({proof.en})")
