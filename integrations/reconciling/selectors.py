"""A day as the integration staff sees it in the morning, and how it differs from what was signed off."""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from emr.accounts.models import Organization
from emr.common.clock import local_now, local_today
from encounters.visits.models import Encounter
from integrations.reconciling import doubled, late, orphans
from integrations.reconciling.counting import Cells, count
from integrations.reconciling.days import Day
from integrations.reconciling.ground import Ground, look_at
from integrations.reconciling.kinds import Cell, Finding, Matter
from integrations.reconciling.models import SignedFinding, SignOff
from integrations.reconciling.neighbours import Neighbour
from integrations.transport.models import Channel
from patients.registry.models import Confidentiality

QUESTIONS: tuple[Callable[[Ground], Iterator[Finding]], ...] = (
    orphans.dead_letters,
    orphans.waiting,
    orphans.orders_not_taken,
    orphans.orders_not_told,
    orphans.results_without_order,
    orphans.stays_not_here,
    orphans.stays_not_told,
    late.orders_unanswered,
    late.applied_late,
    doubled.orders_twice,
    doubled.results_twice,
    doubled.people_twice,
)
# How far back a day that nobody signed off is still asked for.
ASKED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about one day: counts of both sides, and what doesn't fit."""

    day: Day
    neighbours: list[Neighbour]
    cells: Cells
    findings: list[Finding]

    @property
    def fingerprint(self) -> str:
        """What makes this day's findings others than another's."""
        ids = sorted(finding.id for finding in self.findings)
        told = json.dumps([self.day.on.isoformat(), ids], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def counts(self) -> dict[str, Any]:
        """The counts as a sign-off keeps them."""
        kinds: dict[str, Counter[str]] = {}
        for finding in self.findings:
            kinds.setdefault(finding.kind, Counter())[finding.neighbour] += 1
        return {
            "matters": {
                str(matter): {neighbour: [cell.told, cell.here] for neighbour, cell in sorted(row.items())}
                for matter, row in self.cells.items()
            },
            "findings": {kind: dict(sorted(row.items())) for kind, row in sorted(kinds.items())},
        }


def board_of(facility: Organization, day: Day) -> Board:
    """Look the day through. The number of queries is the same whatever the day brought."""
    ground = look_at(facility, day)
    return Board(day, ground.neighbours, count(ground), findings_of(ground))


def findings_of(ground: Ground) -> list[Finding]:
    """Everything that doesn't fit, kind by kind. Of a restricted patient's stay only the end of the number stands (S-05)."""
    found = [finding for question in QUESTIONS for finding in question(ground)]
    stays = Encounter.objects.filter(pk__in={finding.stay_id for finding in found if finding.stay_id})
    hidden = set(stays.exclude(patient__confidentiality=Confidentiality.NORMAL).values_list("pk", flat=True))
    return [
        replace(finding, number=f"•••{finding.number[-3:]}") if finding.stay_id in hidden else finding
        for finding in found
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A finding in the list: as it is now, or as it was when the day was signed off."""

    kind: str
    neighbour: str
    number: str
    at: dt.datetime
    # None: it is gone since the day was signed off.
    finding: Finding | None
    note: str = ""
    is_new: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether it was there when the day was signed off, and isn't any more."""
        return self.finding is None


def lines_of(board: Board, signed: SignOff | None) -> list[Line]:
    """The day's findings; of a signed day with what was said, what has come since and what is gone. One query."""
    if signed is None:
        return [_line(finding) for finding in board.findings]
    kept = {(row.kind, row.neighbour, row.key): row for row in signed.findings.order_by("pk")}
    lines = []
    for finding in board.findings:
        row = kept.pop(finding.id, None)
        lines.append(_line(finding, note=row.note if row else "", is_new=row is None))
    return [*lines, *(_gone(row) for row in kept.values())]


def _line(finding: Finding, *, note: str = "", is_new: bool = False) -> Line:
    return Line(finding.kind, finding.neighbour, finding.number, finding.at, finding, note, is_new)


def _gone(row: SignedFinding) -> Line:
    return Line(row.kind, row.neighbour, row.number, row.at, None, row.note)


def has_changed(board: Board, signed: SignOff) -> bool:
    """Whether the day isn't any more what was signed off."""
    return board.fingerprint != signed.fingerprint or board.counts != signed.counts


def signed_cell(signed: SignOff, matter: Matter, neighbour: str) -> Cell | None:
    """What stood in a cell when the day was signed off; None where nothing did."""
    kept = signed.counts["matters"].get(str(matter), {}).get(neighbour)
    return Cell(*kept) if kept else None


def signed_count(signed: SignOff, kind: str, neighbour: str) -> int:
    """How many findings of a kind there were when the day was signed off."""
    return int(signed.counts["findings"].get(kind, {}).get(neighbour, 0))


def sign_offs(facility: Organization, day: dt.date) -> list[SignOff]:
    """Every sign-off of the day, the newest first."""
    rows = SignOff.objects.filter(facility=facility, day=day).select_related("signed_by")
    return list(rows.order_by("-version"))


def signed_days(facility: Organization, days: Iterable[dt.date]) -> set[dt.date]:
    """Which of the days were signed off."""
    rows = SignOff.objects.filter(facility=facility, day__in=list(days))
    return set(rows.values_list("day", flat=True))


def days_owed(facility: Organization, hour: int) -> list[dt.date]:
    """The last days that nobody has signed off though they should have been, the oldest first.

    From the first day on that began with an open channel; the day before today from the set hour on.
    """
    today = local_today()
    last = 1 if local_now().hour >= hour else 2
    days = [today - dt.timedelta(days=back) for back in range(ASKED_DAYS, last - 1, -1)]
    oldest = (
        Channel.objects.filter(facility=facility, is_enabled=True)
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    if oldest is None:
        return []
    due = [day for day in days if oldest < Day(day).begins]
    signed = signed_days(facility, due)
    return [day for day in due if day not in signed]
