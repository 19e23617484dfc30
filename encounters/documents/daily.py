"""What patients are told every day of what was done for them, as a document each: made by a room above, confirmed in
another that doesn't know it.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from emr.accounts.models import User
from encounters.documents.models import Document
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Told:
    """What one stay has to tell of a day: how many lines; the document that says so; whether it still says all of it."""

    line_count: int
    document: Document | None = None
    is_current: bool = False


class DailyDisclosure(Protocol):
    """One room's daily disclosure."""

    # The form's code ("CK-THUOC").
    code: str

    def told(self, stay_ids: Collection[int], start: dt.datetime, end: dt.datetime) -> dict[int, Told]:
        """{stay: what there is to tell of it}; stays with nothing are left out. As many queries for forty as for one."""
        ...

    def compose(self, *, encounter: Encounter, start: dt.datetime, end: dt.datetime, by: User) -> Document:
        """The document of that time, made or brought up to date. Raises DomainError where there is nothing to tell."""
        ...


_registered: list[DailyDisclosure] = []


def register_daily(disclosure: DailyDisclosure) -> None:
    """Called in AppConfig.ready(); again replaces it."""
    _registered[:] = [disclosure]


def daily_disclosure() -> DailyDisclosure | None:
    """What is disclosed every day; None where no room discloses anything."""
    return _registered[0] if _registered else None
