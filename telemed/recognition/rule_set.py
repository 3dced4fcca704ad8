"""The rules one decision is made by: the documents that may apply and the county's own parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from telemed.recognition.canonical import Spelt, spelt, unordered
from telemed.recognition.rules import Catalogue, Code, Item, Kind, item_code

#: A final report by one licensed physician suffices, two-level sign-off is a setting (practice 7).  Laboratory results
#: seldom name who released them; their status says that somebody did.
_SIGNATURES: Mapping[Kind, int] = MappingProxyType({"laboratory": 0, "imaging": 1, "ultrasound": 1, "ecg": 1})
_NO_ITEMS: Mapping[str, Item] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the county may set.

    signatures: how many a result of each kind needs.  probe_minutes: how long a probe of the images counts.
    earliest: anchors before this day are not believed.  utc_offset_minutes: the county's clock, which has no summer
    time; days of windows and documents are days of this clock.
    """

    signatures: Mapping[Kind, int] = field(default_factory=lambda: _SIGNATURES)
    probe_minutes: int = 30
    earliest: date = date(1990, 1, 1)
    utc_offset_minutes: int = 480

    def day(self, moment: datetime) -> date:
        """The county's day of an aware moment."""
        return (moment.astimezone(UTC) + timedelta(minutes=self.utc_offset_minutes)).date()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Documents, parameters, and the dictionary of items an all-but-negative document means by `all`.

    The order of catalogues says nothing.  dictionary_hash: SHA-256 of what the dictionary was read from.
    """

    catalogues: tuple[Catalogue, ...]
    parameters: Parameters = field(default_factory=Parameters)
    dictionary: Mapping[str, Item] = field(default_factory=lambda: _NO_ITEMS)
    dictionary_hash: str = ""
    #: Which items a code belongs to, in whatever document, so that no order has to search them all.
    keys_of: Mapping[Code, frozenset[str]] = field(init=False, compare=False, repr=False)
    #: What a decision was made by, in canonical form.  A document is spelt by its head and the hash of the files it was
    #: read from: its lines are inside that hash.
    spelling: Spelt = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        keys: dict[Code, set[str]] = {}
        for items in (self.dictionary, *(one.items for one in self.catalogues)):
            for key, item in items.items():
                for code in (*item.codes, item_code(key)):
                    keys.setdefault(code, set()).add(key)
        object.__setattr__(self, "keys_of", {code: frozenset(found) for code, found in keys.items()})
        object.__setattr__(self, "spelling", _spelling(self))


def _spelling(rules: RuleSet) -> Spelt:
    heads = (
        {
            "issuer": one.issuer,
            "series": one.series,
            "number": one.number,
            "scope": one.scope,
            "mode": one.mode,
            "first_day": one.first_day,
            "end_day": one.end_day,
            "source_hash": one.source_hash,
        }
        for one in rules.catalogues
    )
    return spelt(
        {
            "catalogues": unordered(heads),
            "parameters": rules.parameters,
            "dictionary_hash": rules.dictionary_hash,
        }
    )
