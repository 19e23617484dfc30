"""Where records stand, in numbers: by state, department and age; late; unsigned by person; how many are fully electronic."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.clock import local_today, now
from encounters.boards.selectors.briefing import departments_of
from encounters.documents.models import Document, DocumentBytes
from encounters.documents.signed import waiting_by
from encounters.records.models import Keeping
from encounters.records.selectors.worklist import WITH_THE_WARD, hand_in_days
from encounters.scanning.models import Paper
from encounters.visits.codes import EncounterClass, EncounterStatus, RecordState
from encounters.visits.models import Encounter
from encounters.visits.selectors.wards import day_bounds

# Whole days since the patient left: the last day of each bucket; None: all beyond.
AGES: tuple[int | None, ...] = (3, 7, 15, 30, None)
# On their way; what is archived is counted by month of discharge below.
UNDER_WAY = tuple(state for state in RecordState if state != RecordState.ARCHIVED)
MONTHS = 12
_HAS_A_RECORD = Q(encounter_class=EncounterClass.INPATIENT) | ~Q(record_type="")


def _records(user: User) -> QuerySet[Encounter]:
    """Stays that are over and have a record of their own, in the person's departments."""
    found = Encounter.objects.filter(
        _HAS_A_RECORD, facility_id=user.facility_id, status=EncounterStatus.FINISHED
    )
    mine = departments_of(user)
    return found if mine is None else found.filter(department__in=mine)


@dataclass(slots=True)
class RecordNumbers:
    """Records on their way to the archive: in each state, of each age (as `AGES`), and too late for handing in."""

    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(UNDER_WAY, 0))
    ages: list[int] = field(default_factory=lambda: [0] * len(AGES))
    late: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.states.values())

    def add(self, state: str, ages: list[int], late: int) -> None:
        """Count more records of one state in."""
        self.states[state] += sum(ages)
        self.ages = [mine + more for mine, more in zip(self.ages, ages, strict=True)]
        self.late += late


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A department's records; id None: stays whose department isn't known to us."""

    department_id: int | None
    name: str
    numbers: RecordNumbers


def records_under_way(user: User) -> tuple[list[RecordRow], RecordNumbers]:
    """The departments' records that aren't archived yet, the most first, with their sum; one query."""
    late = Q(record_state__in=WITH_THE_WARD, ended_at__lt=_days_ago(hand_in_days(user.facility_id)))
    buckets = {f"age{n}": Count("pk", filter=condition) for n, condition in enumerate(_ages())}
    counted: Any = (
        _records(user)
        .filter(record_state__in=UNDER_WAY)
        .order_by()
        .values("department", "department__name", "record_state")
        .annotate(late=Count("pk", filter=late), **buckets)
    )
    rows: dict[int | None, RecordRow] = {}
    total = RecordNumbers()
    for one in counted:
        row = rows.setdefault(
            one["department"], RecordRow(one["department"], one["department__name"] or "", RecordNumbers())
        )
        for numbers in (row.numbers, total):
            numbers.add(one["record_state"], [one[name] for name in buckets], one["late"])
    return sorted(rows.values(), key=lambda row: (-row.numbers.total, row.name)), total


def _days_ago(days: int) -> dt.datetime:
    return day_bounds(local_today() - dt.timedelta(days=days))[0]


def _ages() -> list[Q]:
    """Conditions of the buckets: left so many local days ago or fewer, and longer ago than the bucket before."""
    found, younger = [], Q()
    for days in AGES:
        if days is None:
            found.append(younger)
            continue
        first = _days_ago(days)
        found.append(younger & Q(ended_at__gte=first))
        younger = Q(ended_at__lt=first)
    return found


@dataclass(slots=True)
class UnsignedRow:
    """What waits for one person's signature; what they wrote, confirmed and nobody signed yet, in records that aren't
    archived; what they began and didn't confirm.
    """

    name: str
    waits: int = 0
    since: dt.datetime | None = None
    unsigned: int = 0
    overdue: int = 0
    drafts: int = 0


def unsigned_by_person(user: User) -> list[UnsignedRow]:
    """Who has most overdue first; three queries, on the partial indexes of what may be unsigned."""
    mine = departments_of(user)
    rows = {row["author"]: _of_author(row) for row in _written(user, mine)}
    waiting = waiting_by(user.facility_id, mine)
    for person in User.objects.filter(pk__in=waiting.keys() - rows.keys()):
        rows[person.pk] = UnsignedRow(person.titled_name)
    for person_id, waits in waiting.items():
        rows[person_id].waits, rows[person_id].since = waits.count, waits.since
    return sorted(
        rows.values(), key=lambda row: (-row.overdue, -row.waits, -row.unsigned, -row.drafts, row.name)
    )


def _of_author(row: Any) -> UnsignedRow:
    name = f"{row['author__title']} {row['author__full_name']}".strip()
    return UnsignedRow(name, unsigned=row["unsigned"], overdue=row["overdue"], drafts=row["drafts"])


def _written(user: User, departments: frozenset[int] | None) -> Any:
    signed = DocumentBytes.objects.filter(version=OuterRef("current_version"), revision__gt=0, by_seal=False)
    frozen = Q(status__in=[Document.Status.FINAL, Document.Status.AMENDED])
    limit = now() - dt.timedelta(hours=facility_setting(user.facility_id, "sign_within_hours"))
    found = Document.objects.filter(
        Q(status=Document.Status.DRAFT) | (frozen & ~Exists(signed)), facility_id=user.facility_id
    ).exclude(encounter__record_state=RecordState.ARCHIVED)
    if departments is not None:
        found = found.filter(department__in=departments)
    return (
        found.order_by()
        .values("author", "author__full_name", "author__title")
        .annotate(
            unsigned=Count("pk", filter=frozen),
            overdue=Count("pk", filter=frozen & Q(current_version__frozen_at__lt=limit)),
            drafts=Count("pk", filter=Q(status=Document.Status.DRAFT)),
        )
    )


@dataclass(frozen=True, slots=True)
class MonthOfRecords:
    """The records of one month's discharges: how many, how many of them without any paper, how many are archived."""

    first: dt.date
    total: int
    electronic: int
    archived: int

    @property
    def share(self) -> int | None:
        """Fully electronic ones in hundredths, rounded down: 100 says all."""
        return 100 * self.electronic // self.total if self.total else None


def electronic_by_month(user: User) -> list[MonthOfRecords]:
    """The last twelve months of discharge, the oldest first, months without one too; one query.

    Fully electronic: nobody noted paper beside the record, and no scanned page stands in it.
    """
    this = local_today().replace(day=1)
    months = [this]
    while len(months) < MONTHS:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    paper = Exists(Keeping.objects.filter(encounter=OuterRef("pk"), is_hybrid=True)) | Exists(
        Paper.objects.filter(encounter=OuterRef("pk")).exclude(status=Paper.Status.ENTERED_IN_ERROR)
    )
    counted = (
        _records(user)
        .filter(ended_at__gte=day_bounds(months[-1])[0])
        .annotate(month=TruncMonth("ended_at"), has_paper=paper)
        .order_by()
        .values("month")
        .annotate(
            total=Count("pk"),
            electronic=Count("pk", filter=Q(has_paper=False)),
            archived=Count("pk", filter=Q(record_state=RecordState.ARCHIVED)),
        )
    )
    known = {
        timezone.localdate(row["month"]): (row["total"], row["electronic"], row["archived"])
        for row in counted
    }
    return [MonthOfRecords(month, *known.get(month, (0, 0, 0))) for month in reversed(months)]
