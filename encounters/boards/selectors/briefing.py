"""The morning's numbers: who was there, came, moved, left, died between two mornings, by department; SQL counts alone.

A place of a stay counts from admission on. What happened at an instant is counted into the period in which the instant
lies, its first one included; so who is there at the end are those of the beginning, those who came and those who moved in,
without those who left or moved out.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils import timezone

from emr.accounts.models import Location, Organization, User
from encounters.bedside.selectors.care import level_at, level_orders
from encounters.boards import permissions
from encounters.boards.periods import BriefingDay
from encounters.monitoring.models import EarlyWarning, Level
from encounters.visits import codes
from encounters.visits.models import Encounter, EncounterLocation, Procedure

# Annotated by `places_between`: `begins`, `came_from`, `goes_to`.
Places = QuerySet[Any]
# An older score says nothing of this morning any more.
_SCORE_HOLDS = dt.timedelta(hours=24)
_NOWHERE = Value(0)


def departments_of(user: User, right: str = permissions.READ) -> frozenset[int] | None:
    """The departments whose numbers the person sees; None: the whole house."""
    reach = user.departments_for(right)
    return reach if isinstance(reach, frozenset) else None


def touching(start: dt.datetime, end: dt.datetime, stay: str = "encounter__") -> Q:
    """The stays that ran within a period: those that run, and those that ended since. Both have their index."""
    runs = Q(**{f"{stay}status": codes.EncounterStatus.IN_PROGRESS})
    ended = Q(**{f"{stay}status": codes.EncounterStatus.FINISHED, f"{stay}ended_at__gte": start})
    return (runs | ended) & Q(**{f"{stay}started_at__lt": end})


def places_between(facility_id: int, start: dt.datetime, end: dt.datetime) -> Places:
    """The places of inpatients that lie within the period, wholly or in part, annotated with `begins` (of the inpatient
    part), `came_from` and `goes_to` (the department of the inpatient's place before and after; 0: none that is known; null:
    there is no such place).
    """
    places = EncounterLocation.objects.filter(
        touching(start, end),
        _is_inpatients(F("encounter__admitted_at")),
        facility_id=facility_id,
        encounter__facility_id=facility_id,
        encounter__encounter_class=codes.EncounterClass.INPATIENT,
        encounter__admitted_at__lt=end,
        cancelled_at=None,
        starts_at__lt=end,
    )
    others = EncounterLocation.objects.filter(encounter=OuterRef("encounter"), cancelled_at=None).annotate(
        place=Coalesce("department", _NOWHERE)
    )
    begun, key = OuterRef("starts_at"), OuterRef("pk")
    before = others.filter(
        Q(starts_at__lt=begun) | Q(starts_at=begun, pk__lt=key),
        _is_inpatients(OuterRef("encounter__admitted_at")),
    )
    after = others.filter(Q(starts_at__gt=begun) | Q(starts_at=begun, pk__gt=key))
    return places.filter(Q(ends_at=None) | Q(ends_at__gte=start)).annotate(
        begins=Greatest("starts_at", "encounter__admitted_at"),
        here=Coalesce("department", _NOWHERE),
        came_from=Subquery(before.order_by("-starts_at", "-pk").values("place")[:1]),
        goes_to=Subquery(after.order_by("starts_at", "pk").values("place")[:1]),
    )


def _is_inpatients(admitted: Any) -> Q:
    return Q(ends_at=None) | Q(ends_at__gt=admitted) | Q(starts_at__gte=admitted)


def movements(start: dt.datetime, end: dt.datetime) -> dict[str, Q]:
    """What is counted, as conditions on `places_between`; each place of a stay is in at most one way of leaving."""
    begins = Q(begins__gte=start, begins__lt=end)
    ends = Q(ends_at__gte=start, ends_at__lt=end)
    gone = ends & Q(goes_to=None)
    died = Q(encounter__outcome__in=codes.DEATHS)
    referred = ~died & Q(encounter__disposition__in=codes.TRANSFERS)
    grave = Q(encounter__outcome=codes.Outcome.GRAVE) | Q(encounter__disposition=codes.Disposition.TAKEN_HOME)
    absconded = Q(encounter__disposition=codes.Disposition.ABSCONDED)
    return {
        "at_start": Q(begins__lt=start) & (Q(ends_at=None) | Q(ends_at__gte=start)),
        "admitted": begins & Q(came_from=None),
        "moved_in": begins & Q(came_from__isnull=False) & ~Q(came_from=F("here")),
        "moved_out": ends & Q(goes_to__isnull=False) & ~Q(goes_to=F("here")),
        "discharged": gone & ~died & ~referred & ~grave & ~absconded,
        "referred": gone & referred,
        "grave": gone & ~died & ~referred & grave,
        "absconded": gone & ~died & ~referred & ~grave & absconded,
        "died": gone & died,
        "at_end": Q(begins__lt=end) & (Q(ends_at=None) | Q(ends_at__gte=end)),
    }


@dataclass(slots=True)
class Numbers:
    """One department's day, or several departments' together."""

    at_start: int = 0
    admitted: int = 0
    moved_in: int = 0
    moved_out: int = 0
    discharged: int = 0
    referred: int = 0
    grave: int = 0
    absconded: int = 0
    died: int = 0
    at_end: int = 0
    severe: int = 0
    beds: int = 0

    def __add__(self, other: "Numbers") -> "Numbers":
        return Numbers(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def left(self) -> int:
        """Everybody who left the hospital."""
        return self.discharged + self.referred + self.grave + self.absconded + self.died

    @property
    def occupancy(self) -> int | None:
        """Patients in hundredths of the beds in use; None where there is no bed."""
        return round(100 * self.at_end / self.beds) if self.beds else None

    @property
    def is_empty(self) -> bool:
        """Nothing to tell."""
        return not any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class DepartmentNumbers:
    """A department's line; `department` None: patients whose place isn't known to us."""

    department: Organization | None
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Briefing:
    """A day's lines with their sum, and the sum of the day before."""

    rows: list[DepartmentNumbers]
    total: Numbers
    before: Numbers


def briefing_of(user: User, day: BriefingDay, before: BriefingDay) -> Briefing:
    """The numbers of the person's departments; the queries don't grow with the departments or the patients."""
    counts = _counts(user, day)
    severe = Counter(place for place in severe_stays(user, day).values())
    beds = _beds(user.facility_id)
    mine = departments_of(user)
    known = Organization.objects.filter(parent=user.facility_id, kind=Organization.Kind.DEPARTMENT)
    if mine is not None:
        known = known.filter(pk__in=mine)
    rows = []
    for department in [*known.order_by("code"), *([None] if mine is None else [])]:
        key = department.pk if department else None
        numbers = Numbers(**counts.get(key, {}), severe=severe[key], beds=beds.get(key, 0))
        if not numbers.is_empty:
            rows.append(DepartmentNumbers(department, numbers))
    total = sum((row.numbers for row in rows), Numbers())
    earlier = sum((Numbers(**row) for row in _counts(user, before).values()), Numbers())
    earlier.severe, earlier.beds = len(severe_stays(user, before)), total.beds
    return Briefing(rows, total, earlier)


def _counts(user: User, day: BriefingDay) -> dict[int | None, dict[str, int]]:
    wanted = movements(day.start, day.end)
    places = _within(user, places_between(user.facility_id, day.start, day.end))
    counted = (
        places.order_by()
        .values("department")
        .annotate(**{name: Count("pk", filter=condition) for name, condition in wanted.items()})
    )
    return {row["department"]: {name: row[name] for name in wanted} for row in counted}


def _within(user: User, places: Places) -> Places:
    mine = departments_of(user)
    return places if mine is None else places.filter(department__in=mine)


def _beds(facility_id: int) -> dict[int | None, int]:
    """Beds in use today by department."""
    beds = Location.objects.filter(
        facility_id=facility_id, kind=Location.Kind.BED, status=Location.Status.ACTIVE
    )
    return dict(beds.order_by().values_list("department").annotate(count=Count("pk")))


def severe_stays(user: User, day: BriefingDay) -> dict[int, int | None]:
    """{stay: its department} of who is there at the end and severely ill: under care level 1 as it is ordered then, or
    with a red early warning as the newest one of the day before; three queries.
    """
    present = _within(user, places_between(user.facility_id, day.start, day.end)).filter(
        movements(day.start, day.end)["at_end"]
    )
    where = dict(present.order_by().values_list("encounter", "department"))
    red = red_at(where, day.end)
    level_one = (
        stay for stay, orders in level_orders(list(where)).items() if level_at(orders, day.end) == "1"
    )
    return {stay: where[stay] for stay in {*red, *level_one}}


def red_at(stays: Iterable[int], moment: dt.datetime) -> set[int]:
    """Of these stays those whose newest score of the day before the moment is red."""
    newest = (
        EarlyWarning.objects.filter(
            encounter__in=list(stays),
            replaced_by=None,
            score__isnull=False,
            measured_at__lt=moment,
            measured_at__gte=moment - _SCORE_HOLDS,
        )
        .order_by("encounter", "-measured_at", "-pk")
        .distinct("encounter")
        .values_list("encounter", "level")
    )
    return {stay for stay, level in newest if level == Level.HIGH}


@dataclass(frozen=True, slots=True)
class Activity:
    """What else happened in the day."""

    visits: int
    emergencies: int
    surgeries: int
    procedures: int


def activity_of(user: User, day: BriefingDay) -> Activity:
    """Visits that began, by how they began, and what was operated on; two queries."""
    mine = departments_of(user)
    stays = Encounter.objects.filter(
        touching(day.start, day.end, ""), facility_id=user.facility_id, started_at__gte=day.start
    )
    done = Procedure.objects.filter(
        facility_id=user.facility_id,
        started_at__gte=day.start,
        started_at__lt=day.end,
        status=Procedure.Status.COMPLETED,
    )
    if mine is not None:
        stays, done = stays.filter(department__in=mine), done.filter(department__in=mine)
    arrivals = stays.aggregate(
        visits=Count("pk", filter=Q(arrival_class=codes.EncounterClass.AMBULATORY)),
        emergencies=Count("pk", filter=Q(arrival_class=codes.EncounterClass.EMERGENCY)),
    )
    operated = done.aggregate(
        surgeries=Count("pk", filter=Q(kind=codes.ProcedureKind.SURGERY)),
        procedures=Count("pk", filter=Q(kind=codes.ProcedureKind.PROCEDURE)),
    )
    return Activity(**arrivals, **operated)


@dataclass(frozen=True, slots=True)
class DayOfTrend:
    """One briefing day of the row: how many were there at its end, came and left in it."""

    day: dt.date
    present: int
    came: int
    left: int


def trend_of(user: User, day: BriefingDay, present: int, days: int = 14) -> list[DayOfTrend]:
    """The days up to this one, the oldest first; `present` at its end is counted backwards. Two queries.

    In the whole house who moves between departments neither comes nor leaves; so this is told of the house alone.
    """
    first = day.start - dt.timedelta(days=days - 1)
    stays = Encounter.objects.filter(
        facility_id=user.facility_id,
        encounter_class=codes.EncounterClass.INPATIENT,
        status__in=[codes.EncounterStatus.IN_PROGRESS, codes.EncounterStatus.FINISHED],
    ).order_by()
    came = _by_day(stays.filter(admitted_at__gte=first, admitted_at__lt=day.end), "admitted_at", day)
    left = _by_day(stays.filter(ended_at__gte=first, ended_at__lt=day.end), "ended_at", day)
    found = []
    for back in range(days):
        date = day.day - dt.timedelta(days=back)
        found.append(DayOfTrend(date, present, came.get(date, 0), left.get(date, 0)))
        present += left.get(date, 0) - came.get(date, 0)
    return found[::-1]


def _by_day(stays: QuerySet[Encounter], instant: str, day: BriefingDay) -> dict[dt.date, int]:
    """{day of the briefing: count}."""
    shifted = F(instant) - dt.timedelta(hours=timezone.localtime(day.start).hour)
    counted = stays.annotate(on=TruncDate(ExpressionWrapper(shifted, output_field=DateTimeField())))
    return {
        on + dt.timedelta(days=1): count
        for on, count in counted.values_list("on").annotate(count=Count("pk"))
    }
