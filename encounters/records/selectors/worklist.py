"""Where records stand: lists by state, who is late, what is due for disposal."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Min, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import MD5, Cast, Concat, RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.clock import local_today, now
from emr.common.vietnamese import fold
from encounters.records import permissions
from encounters.records.models import Loan
from encounters.visits.codes import RecordState as S
from encounters.visits.models import Encounter, EncounterParticipant
from encounters.visits.selectors.wards import day_bounds
from patients.registry.access import care_days, not_hidden

# Stays with `doctor_id` and `doctor_name`, see `records_for`.
Records = QuerySet[Any]
# Until these the department has the record in hand.
WITH_THE_WARD = (S.OPEN, S.RETURNED, S.REOPENED, S.COMPLETED, S.COUNTERSIGNED)


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What the list shows."""

    chip: str = "all"
    department_id: int | None = None
    doctor_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with its count."""

    key: str
    title: StrOrPromise
    count: int


def hand_in_days(facility_id: int) -> int:
    """Within how many days a record is handed in (facility setting)."""
    return int(facility_setting(facility_id, "record_hand_in_days"))


def _is_late(facility_id: int) -> Q:
    first, _next = day_bounds(local_today() - dt.timedelta(days=hand_in_days(facility_id)))
    return Q(record_state__in=WITH_THE_WARD, ended_at__lt=first)


def _chips(facility_id: int) -> dict[str, tuple[StrOrPromise, Q]]:
    return {
        "open": (_("To be completed"), Q(record_state__in=[S.OPEN, S.REOPENED])),
        "returned": (_("Returned with faults"), Q(record_state=S.RETURNED)),
        "completed": (_("To countersign"), Q(record_state=S.COMPLETED)),
        "countersigned": (_("To hand in"), Q(record_state=S.COUNTERSIGNED)),
        "submitted": (_("To check"), Q(record_state=S.SUBMITTED)),
        "accepted": (_("To archive"), Q(record_state=S.ACCEPTED)),
        "archived": (_("Archived"), Q(record_state=S.ARCHIVED)),
        "late": (_("Handed in too late"), _is_late(facility_id)),
        "all": (_("All"), Q()),
    }


def records_within(user: User, right: str = permissions.READ) -> QuerySet[Encounter]:
    """The records in the person's departments (or the house), restricted patients kept out; those being written too.

    A department sees its archived ones as long as it opens their charts.
    """
    found = Encounter.objects.filter(
        facility_id=user.facility_id, status__in=[Encounter.Status.IN_PROGRESS, Encounter.Status.FINISHED]
    )
    reach = user.departments_for(right)
    if isinstance(reach, frozenset):
        lately = now() - dt.timedelta(days=care_days(user.facility_id))
        found = found.filter(~Q(record_state=S.ARCHIVED) | Q(ended_at__gte=lately), department__in=reach)
    return found.filter(not_hidden(user, right))


def records_for(user: User, right: str = permissions.READ) -> Records:
    """Of `records_within` those whose patients have left: the worklist. A visit without a record type has no record of its
    own (R-01): it is examined, not treated.

    Annotated with `doctor_id` and `doctor_name`: the attending doctor, the last one.
    """
    attending = EncounterParticipant.objects.filter(encounter=OuterRef("pk"), role="ATND").order_by(
        "-starts_at", "-pk"
    )
    has_one = Q(encounter_class=Encounter.Class.INPATIENT) | ~Q(record_type="")
    return (
        records_within(user, right)
        .filter(has_one, status=Encounter.Status.FINISHED)
        .annotate(
            doctor_id=Subquery(attending.values("practitioner")[:1]),
            doctor_name=Subquery(attending.values("practitioner__full_name")[:1]),
        )
    )


def chips_of(records: Records, facility_id: int) -> list[Chip]:
    """The filters with their counts: one query."""
    chips = _chips(facility_id)
    counts = records.aggregate(
        **{key: Count("pk", filter=condition) for key, (_title, condition) in chips.items()}
    )
    return [Chip(key, title, counts[key]) for key, (title, _condition) in chips.items()]


def found_among(records: Records, facility_id: int, wanted: RecordFilter) -> Records:
    """Those that fit, the oldest discharge first: names without accents in any order, or the beginning of a number."""
    chips = _chips(facility_id)
    records = records.filter(chips.get(wanted.chip, chips["all"])[1])
    if wanted.department_id is not None:
        records = records.filter(department=wanted.department_id)
    if wanted.doctor_id is not None:
        records = records.filter(doctor_id=wanted.doctor_id)
    for word in fold(wanted.words).split():
        records = records.filter(
            Q(patient__search_name__contains=word)
            | Q(admission_number__startswith=word)
            | Q(archive_number__startswith=word)
            | Q(identifier__startswith=word)
        )
    return records.select_related("patient", "department", "record_keeping").order_by("ended_at", "pk")


def doctors_among(records: Records) -> list[tuple[int, str]]:
    """(id, name) of the doctors whose records aren't archived yet, for the filter; one query."""
    found = records.exclude(record_state=S.ARCHIVED).exclude(doctor_id=None)
    return list(found.order_by("doctor_name").values_list("doctor_id", "doctor_name").distinct())


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: the stay, its last day for handing in, how many days are left (below 0: late), gaps."""

    stay: Encounter
    due_on: dt.date | None
    days_left: int | None
    blocking: int
    advisory: int

    @property
    def days_late(self) -> int:
        """How many days it is overdue; 0 while it isn't."""
        return max(-(self.days_left or 0), 0)


def row_of(stay: Encounter, days: int, gaps: tuple[int, int] = (0, 0)) -> Row:
    """The stay as a line; a record that left the ward has no day any more."""
    if stay.record_state not in WITH_THE_WARD or stay.ended_at is None:
        return Row(stay, None, None, *gaps)
    due = timezone.localdate(stay.ended_at) + dt.timedelta(days=days)
    return Row(stay, due, (due - local_today()).days, *gaps)


@dataclass(frozen=True, slots=True)
class LateCount:
    """Who is late with how many records, since when."""

    key: int | None
    name: str
    count: int
    oldest: dt.datetime


def late_by(records: Records, facility_id: int, whose: str) -> list[LateCount]:
    """Late records counted by "doctor" or "department", the most first; one query."""
    key, name = ("doctor_id", "doctor_name") if whose == "doctor" else ("department_id", "department__name")
    late = records.filter(_is_late(facility_id)).values(key, name)
    grouped = late.annotate(count=Count("pk"), oldest=Min("ended_at")).order_by("-count", name)
    return [LateCount(row[key], row[name] or "", row["count"], row["oldest"]) for row in grouped]


def sample_of(records: Records, per_doctor: int) -> Records:
    """So many submitted records of each doctor, drawn by lot; the lot stays the same for the day."""
    lot = MD5(Concat(Cast("uuid", CharField()), Value(local_today().isoformat())))
    drawn = records.filter(record_state=S.SUBMITTED).annotate(
        place=Window(RowNumber(), partition_by=[F("doctor_id")], order_by=[lot.asc()])
    )
    chosen: Records = drawn.filter(place__lte=per_doctor).select_related("patient", "department")
    return chosen.order_by("doctor_name", "place")


def loans_for(user: User, show: str) -> QuerySet[Loan]:
    """The lendings of the facility: to be approved, running, folders overdue, or all; the next term first."""
    lent = Q(status=Loan.Status.LENT)
    running = lent & (Q(kind=Loan.Kind.FOLDER) | Q(ends_at__gt=now()))
    states = {
        "asked": Q(status=Loan.Status.ASKED),
        "running": running,
        "overdue": lent & Q(kind=Loan.Kind.FOLDER, ends_at__lte=now()),
        "all": Q(),
    }
    found = Loan.objects.filter(
        states.get(show, states["running"]),
        not_hidden(user, permissions.READ, "encounter__patient"),
        facility_id=user.facility_id,
    )
    return found.select_related("encounter__patient", "borrower", "asked_by", "decided_by").order_by(
        "ends_at", "pk"
    )
