"""How long records are kept (Circular 33/2025/TT-BYT, R-48): periods are rows of `data/retention.csv`, the longest wins."""

import csv
import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from encounters.visits import codes
from encounters.visits.models import Condition, Encounter

_FILE = Path(__file__).parent / "data" / "retention.csv"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One row of the circular. `years` None: for ever. `from_data`: which fact of the stay brings it; "": a person does."""

    code: str
    row: str
    words: str
    years: int | None
    from_data: str


def _is_psychiatric(stay: Encounter) -> bool:
    main = Condition.objects.filter(
        encounter=stay, role=codes.DiagnosisRole.DISCHARGE_MAIN, status="confirmed"
    )
    return stay.record_type == "07/BV1" or main.filter(code__startswith="F").exists()


_FACTS: dict[str, Callable[[Encounter], bool]] = {
    "always": lambda stay: True,
    "death": lambda stay: stay.outcome in codes.DEATHS,
    "work-accident": lambda stay: stay.accident_type == codes.AccidentType.WORK,
    "traffic-accident": lambda stay: stay.accident_type == codes.AccidentType.TRAFFIC,
}


@cache
def classes() -> dict[str, RetentionClass]:
    """{code: class}, in the file's order."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: RetentionClass(
                row["code"],
                row["row"],
                row["words"],
                int(row["years"]) if row["years"] else None,
                row["from_data"],
            )
            for row in csv.DictReader(file)
        }


def by_hand() -> list[RetentionClass]:
    """Those that no fact of the stay brings: a person adds them."""
    return [kind for kind in classes().values() if not kind.from_data]


def longest(stay: Encounter, added: Collection[str] = ()) -> RetentionClass:
    """The class that keeps this record longest, among what its data say and what was added by hand."""
    return longest_of(stay, added, is_psychiatric=_is_psychiatric(stay))


def longest_of(stay: Encounter, added: Collection[str], *, is_psychiatric: bool) -> RetentionClass:
    """The same for a stay whose main diagnosis was looked up."""
    facts = {name for name, holds in _FACTS.items() if holds(stay)} | (
        {"psychiatric"} if is_psychiatric else set()
    )
    told = [kind for kind in classes().values() if kind.code in added or kind.from_data in facts]
    return max(told, key=lambda kind: float("inf") if kind.years is None else kind.years)


def last_day(kind: RetentionClass, closed_on: dt.date) -> dt.date | None:
    """Its last day, counted from the year in which the record was closed; None: for ever."""
    return None if kind.years is None else dt.date(closed_on.year + kind.years, 12, 31)
