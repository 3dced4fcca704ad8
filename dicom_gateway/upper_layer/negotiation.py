"""Which presentation contexts are accepted, with which transfer syntax: one pure decision.

Any abstract syntax that is not a known service other than storage is taken for a storage SOP class, private and
future ones included: an instance that is refused here is lost to the patient.

The transfer syntax is chosen so that the sender has least reason to touch its pixels:

1. lossless or native syntaxes of the standard, in the order the sender proposed them;
2. Implicit VR Little Endian, which every sender must offer and which loses the VR of private elements;
3. Explicit VR Big Endian (retired);
4. private or unknown ones, which nobody but the sender may be able to read;
5. syntaxes that are or may be lossy: taken alone they carry an original, beside a lossless one they would invite
   the sender to compress;
6. JPIP, where the pixels stay with the sender.
"""

import re
from collections.abc import Mapping, Sequence

from dicom_gateway.upper_layer.pdu import AssociateRequest, ContextResult, ProposedContext, ProposedRole

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

# Results of a presentation context, PS3.8 Table 9-18.
ACCEPTANCE = 0
USER_REJECTION = 1
ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
TRANSFER_SYNTAXES_NOT_SUPPORTED = 4

_UID = re.compile(r"[0-9]+(\.[0-9]+)+", re.ASCII)
_DICOM_ROOT = "1.2.840.10008."

#: Services other than storage under the DICOM root, PS3.6 Table A-1: whole arcs …
_OTHER_ARCS = tuple(
    _DICOM_ROOT + arc
    for arc in (
        "1.", "2.", "3.1.", "4.", "5.1.1.", "5.1.4.1.2.", "5.1.4.20.", "5.1.4.32.", "5.1.4.34.4.", "5.1.4.34.6.",
        "5.1.4.37.", "6.", "7.", "8.", "9.", "10.", "15.",
    )
)  # fmt: skip
#: … and single classes.
_OTHER_CLASSES = frozenset(
    _DICOM_ROOT + arc
    for arc in (
        "5.1.4.1.1.200.4", "5.1.4.1.1.200.5", "5.1.4.1.1.200.6", "5.1.4.1.1.201.2", "5.1.4.1.1.201.3",
        "5.1.4.1.1.201.4", "5.1.4.1.1.201.5", "5.1.4.1.1.201.6", "5.1.4.31", "5.1.4.32", "5.1.4.33", "5.1.4.34.2",
        "5.1.4.34.3", "5.1.4.34.8", "5.1.4.34.9", "5.1.4.38.2", "5.1.4.38.3", "5.1.4.38.4", "5.1.4.39.2",
        "5.1.4.39.3", "5.1.4.39.4", "5.1.4.41", "5.1.4.42", "5.1.4.43.2", "5.1.4.43.3", "5.1.4.43.4", "5.1.4.44.2",
        "5.1.4.44.3", "5.1.4.44.4", "5.1.4.45.2", "5.1.4.45.3", "5.1.4.45.4",
    )
)  # fmt: skip
#: Retired storage classes that lie in the print arc.
_STORAGE_IN_OTHER_ARCS = frozenset(_DICOM_ROOT + arc for arc in ("5.1.1.27", "5.1.1.29", "5.1.1.30"))

#: Native or lossless by definition, PS3.6 Table A-1; implicit and big endian have ranks of their own.
_LOSSLESS = frozenset(
    "1.2.840.10008.1.2" + tail
    for tail in (
        ".1", ".1.98", ".1.99", ".4.57", ".4.58", ".4.65", ".4.66", ".4.70", ".4.80", ".4.90", ".4.92", ".4.110",
        ".4.201", ".4.202", ".5", ".8.1",
    )
)  # fmt: skip
_JPIP = frozenset("1.2.840.10008.1.2.4" + tail for tail in (".94", ".95", ".204", ".205"))
_CODED = "1.2.840.10008.1.2.4."


def is_uid(text: str) -> bool:
    """True for a UID as a peer may send one: digits and dots, at most 64; leading zeros of a component are let pass."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def is_storage(abstract_syntax: str) -> bool:
    """True if the abstract syntax is taken for a storage SOP class."""
    if not is_uid(abstract_syntax):
        return False
    if abstract_syntax in _STORAGE_IN_OTHER_ARCS:
        return True
    return abstract_syntax not in _OTHER_CLASSES and not abstract_syntax.startswith(_OTHER_ARCS)


def choose_transfer_syntax(proposed: Sequence[str]) -> str | None:
    """The best of the proposed ones by the order this module's head states, or None if none is a UID."""
    usable = [uid for uid in proposed if is_uid(uid)]
    return min(usable, key=_rank, default=None)


def _rank(uid: str) -> int:
    """Smaller is better; min keeps the sender's order among equals."""
    if uid in _LOSSLESS:
        return 1
    if uid == IMPLICIT_LITTLE:
        return 2
    if uid == EXPLICIT_BIG:
        return 3
    if uid in _JPIP:
        return 6
    return 5 if uid.startswith(_CODED) else 4


def is_verification_only(request: AssociateRequest) -> bool:
    """True if Verification is all that the peer proposes."""
    return all(context.abstract_syntax == VERIFICATION for context in request.contexts)


def negotiate(request: AssociateRequest) -> tuple[list[ContextResult], dict[str, ProposedRole]]:
    """Answer every proposed context, and every role selection of an accepted one.

    The peer is always SCU: a context for which it wants to be SCP only is refused.
    """
    results = [_answer(context, request.roles.get(context.abstract_syntax)) for context in request.contexts]
    accepted = {result.abstract_syntax for result in results if result.result == ACCEPTANCE}
    roles = {uid: ProposedRole(scu=role.scu, scp=False) for uid, role in request.roles.items() if uid in accepted}
    return results, roles


def _answer(context: ProposedContext, role: ProposedRole | None) -> ContextResult:
    syntax = context.abstract_syntax
    if syntax != VERIFICATION and not is_storage(syntax):
        return ContextResult(context.context_id, ABSTRACT_SYNTAX_NOT_SUPPORTED, IMPLICIT_LITTLE, syntax)
    chosen = choose_transfer_syntax(context.transfer_syntaxes)
    if chosen is None:
        return ContextResult(context.context_id, TRANSFER_SYNTAXES_NOT_SUPPORTED, IMPLICIT_LITTLE, syntax)
    if role is not None and not role.scu:
        return ContextResult(context.context_id, USER_REJECTION, chosen, syntax)
    return ContextResult(context.context_id, ACCEPTANCE, chosen, syntax)


def accepted_contexts(results: Sequence[ContextResult]) -> Mapping[int, tuple[str, str]]:
    """Context ID → (abstract syntax, transfer syntax) of what was accepted."""
    return {r.context_id: (r.abstract_syntax, r.transfer_syntax) for r in results if r.result == ACCEPTANCE}
