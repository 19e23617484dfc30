"""What rooms above know to have gone into a patient: it counts in the fluid balance and is never written there again.

A room registers in `AppConfig.ready()`. It is asked whenever a balance is read and nothing is copied: what was sent twice
counts once, what was taken back counts no more.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emr.accounts.models import User
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflow:
    """`volume` mL that went in by `happened_at`; `source`: of what, in words; `page`: where it is put right."""

    # As the balance names it.
    kind: Literal["in-infusion", "in-blood", "in-medicine"]
    volume: int
    happened_at: dt.datetime
    source: str
    author: User
    page: str


Source = Callable[[Encounter, dt.datetime, dt.datetime], list[Inflow]]
_sources: dict[str, Source] = {}


def register_inflows(name: str, source: Source) -> None:
    """Count what `source` answers of (stay, start, end), both ends included; the same name again replaces it."""
    _sources[name] = source


def inflows_of(encounter: Encounter, start: dt.datetime, end: dt.datetime) -> list[Inflow]:
    """What went in from `start` to `end`, both included, as the rooms that know of it say; in no order."""
    return [row for source in _sources.values() for row in source(encounter, start, end)]
