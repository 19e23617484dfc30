"""The ward list: my departments' patients, filtered, counted, searched; and what came in today."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.accounts import roles
from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from emr.common.vietnamese import fold
from encounters.visits import permissions
from encounters.visits.models import Encounter, EncounterLocation, EncounterParticipant
from encounters.visits.selectors.beds import with_beds
from patients.registry.access import not_hidden


@dataclass(frozen=True, slots=True)
class WardFilter:
    """What the list shows."""

    chip: str = "all"
    department_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with its count."""

    key: str
    title: StrOrPromise
    count: int


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The local day's first instant and the next day's."""
    start = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
    return start, timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def ward_places(user: User, department_id: int | None = None) -> QuerySet[EncounterLocation]:
    """Where the patients of the person's departments are now; visits and stays in progress."""
    places = EncounterLocation.objects.filter(
        facility_id=user.facility_id,
        ends_at=None,
        cancelled_at=None,
        encounter__status=Encounter.Status.IN_PROGRESS,
    )
    reach = user.departments_for(permissions.READ)
    if isinstance(reach, frozenset):
        places = places.filter(department__in=reach)
    if department_id is not None:
        places = places.filter(department=department_id)
    places = places.filter(not_hidden(user, permissions.READ, "encounter__patient"))
    return places.select_related("encounter", "encounter__patient", "department", "location")


def _chips(user: User) -> dict[str, tuple[StrOrPromise, Q]]:
    today, _tomorrow = day_bounds(local_today())
    mine = EncounterParticipant.objects.filter(
        encounter=OuterRef("encounter"), practitioner=user, role="ATND", ends_at=None
    )
    inpatient = Q(encounter__encounter_class="IMP")
    return {
        "all": (_("Inpatients"), inpatient),
        "mine": (_("Mine"), inpatient & Q(Exists(mine))),
        "new": (_("Came today"), inpatient & Q(starts_at__gte=today)),
        "no-bed": (_("Without a bed"), inpatient & Q(location=None)),
        "long": (
            _("15 days and more"),
            inpatient & Q(encounter__admitted_at__lt=now() - dt.timedelta(days=14)),
        ),
        "emergency": (_("Emergency visits"), Q(encounter__encounter_class="EMER")),
        "outpatient": (_("Outpatients"), Q(encounter__encounter_class="AMB")),
    }


def ward_chips(user: User, places: QuerySet[EncounterLocation]) -> list[Chip]:
    """The filters with their counts: one query."""
    chips = _chips(user)
    counts = places.aggregate(
        **{key.replace("-", "_"): Count("pk", filter=condition) for key, (_title, condition) in chips.items()}
    )
    return [Chip(key, title, counts[key.replace("-", "_")]) for key, (title, _condition) in chips.items()]


def ward_search(
    user: User, places: QuerySet[EncounterLocation], wanted: WardFilter
) -> QuerySet[EncounterLocation]:
    """The places that fit: names without accents in any order, or the beginning of a number or bed."""
    chips = _chips(user)
    places = places.filter(chips.get(wanted.chip, chips["all"])[1])
    for word in fold(wanted.words).split():
        places = places.filter(
            Q(encounter__patient__search_name__contains=word)
            | Q(encounter__admission_number__startswith=word)
            | Q(encounter__identifier__startswith=word)
            | Q(location__code__iexact=word)
        )
    return places.order_by(
        "department__code", "location__position", "location__code", "encounter__patient__sort_key", "pk"
    )


def admissions_on(user: User, day: dt.date) -> QuerySet[Encounter]:
    """Who was admitted that local day to the person's departments, newest first."""
    start, end = day_bounds(day)
    stays = Encounter.objects.filter(
        facility_id=user.facility_id,
        encounter_class=Encounter.Class.INPATIENT,
        admitted_at__gte=start,
        admitted_at__lt=end,
    ).exclude(status=Encounter.Status.ENTERED_IN_ERROR)
    reach = user.departments_for(permissions.READ)
    if isinstance(reach, frozenset):
        stays = stays.filter(department__in=reach)
    stays = stays.filter(not_hidden(user, permissions.READ))
    return stays.select_related("patient", "department").order_by("-admitted_at", "-pk")


def unmapped_places(user: User) -> QuerySet[EncounterLocation]:
    """Running stays whose place the HIS named in words that nobody has mapped; for who sees the whole facility."""
    if user.departments_for(permissions.READ) != roles.EVERYWHERE:
        return EncounterLocation.objects.none()
    unmapped = (Q(department=None) & ~Q(department_as_sent="")) | (Q(location=None) & ~Q(location_as_sent=""))
    return (
        EncounterLocation.objects.filter(
            unmapped,
            not_hidden(user, permissions.READ, "encounter__patient"),
            facility_id=user.facility_id,
            ends_at=None,
            cancelled_at=None,
            encounter__status=Encounter.Status.IN_PROGRESS,
        )
        .select_related("encounter", "encounter__patient", "department")
        .order_by("starts_at")
    )


@dataclass(frozen=True, slots=True)
class DepartmentToday:
    """A department's day in numbers; `department` None: patients whom no department has yet."""

    department: str
    patients: int
    beds: int
    free: int
    admitted: int
    left: int


def hospital_today(facility_id: int, day: dt.date) -> list[DepartmentToday]:
    """The clinical departments' inpatients, beds, admissions and discharges of that local day; four queries."""
    start, end = day_bounds(day)
    stays = Encounter.objects.filter(
        facility_id=facility_id, encounter_class=Encounter.Class.INPATIENT
    ).exclude(status=Encounter.Status.ENTERED_IN_ERROR)

    def by_department(rows: QuerySet[Encounter]) -> dict[int | None, int]:
        return dict(rows.order_by().values_list("department").annotate(count=Count("pk")))

    present = by_department(stays.filter(status=Encounter.Status.IN_PROGRESS))
    admitted = by_department(stays.filter(admitted_at__gte=start, admitted_at__lt=end))
    left = by_department(stays.filter(ended_at__gte=start, ended_at__lt=end))
    departments = with_beds(
        Organization.objects.filter(parent=facility_id, kind=Organization.Kind.DEPARTMENT, is_active=True)
    )
    return [
        DepartmentToday(
            row.name,
            present.get(row.pk, 0),
            row.bed_count,
            row.free,
            admitted.get(row.pk, 0),
            left.get(row.pk, 0),
        )
        for row in departments.order_by("code")
        if row.bed_count or row.pk in present or row.pk in admitted or row.pk in left
    ]


def candidates_for(user: User, department_id: int) -> tuple[list[EncounterLocation], list[EncounterLocation]]:
    """Who may be put into a bed of the department: (its inpatients, those without a bed first; visits that wait)."""
    stays = ward_places(user, department_id).filter(encounter__encounter_class=Encounter.Class.INPATIENT)
    waiting = ward_places(user).exclude(encounter__encounter_class=Encounter.Class.INPATIENT)
    return (
        list(stays.order_by(F("location").asc(nulls_first=True), "starts_at")[:50]),
        list(waiting.order_by("-encounter__encounter_class", "starts_at")[:50]),
    )
