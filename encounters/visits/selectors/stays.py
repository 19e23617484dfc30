"""Questions about one patient's stays."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.choices import Departments, declare
from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.masters import MOVEMENT, kept_by
from encounters.visits import codes, permissions
from encounters.visits.models import Condition, Encounter, EncounterLocation, Procedure
from patients.registry.access import rows_of_root
from patients.registry.models import Patient

# Departments whose bed days are reported as emergency ones; a facility may name others.
EMERGENCY_DEPARTMENTS = ["K02"]
declare(
    Departments(
        name="emergency_departments",
        room="visits",
        label=gettext_lazy("Departments whose bed days are emergency ones"),
        default=EMERGENCY_DEPARTMENTS,
    )
)
_SHORT_STAY = dt.timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place of a stay and the treatment days spent there."""

    place: EncounterLocation
    days: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class BedDays:
    """Bed days that are reported apart (R-64)."""

    intensive_care: int
    emergency: int


def stays_of(patient: Patient) -> QuerySet[Encounter]:
    """All stays of this person, merged rows' too, newest first; those entered in error last seen in the audit only."""
    return _stays_of_person(patient.root_id)


def _stays_of_person(root_id: int) -> QuerySet[Encounter]:
    stays = Encounter.objects.filter(patient__in=rows_of_root(root_id))
    hidden = stays.exclude(status=Encounter.Status.ENTERED_IN_ERROR)
    return hidden.select_related("department").order_by("-started_at", "-id")


@Compiled
def _latest_stays(root_id: int) -> QuerySet[Encounter]:
    return _stays_of_person(root_id)[:6]


def running_stays(patient: Patient) -> QuerySet[Encounter]:
    """The person's stays in progress; an inpatient stay first."""
    return (
        stays_of(patient).filter(status=Encounter.Status.IN_PROGRESS).order_by("-admitted_at", "-started_at")
    )


def present_place(encounter: Encounter) -> EncounterLocation | None:
    """Where the patient is now, or was last."""
    return (
        EncounterLocation.objects.filter(encounter=encounter, cancelled_at=None)
        .select_related("department", "location", "location__parent")
        .order_by("-starts_at", "-id")
        .first()
    )


def nights(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """Local midnights between the two: places that follow each other share a stay's nights without a rest."""
    return (timezone.localdate(ends_at) - timezone.localdate(starts_at)).days


def place_history(encounter: Encounter) -> list[PlaceRow]:
    """The places in order with their days; cancelled ones too (their days are 0), for the page strikes them through."""
    rows = encounter.locations.select_related("department", "location", "location__parent", "entered_by")
    until = encounter.ended_at or now()
    return [
        PlaceRow(
            place,
            0 if place.cancelled_at else nights(place.starts_at, place.ends_at or until),
            place.ends_at is None and place.cancelled_at is None,
        )
        for place in rows.order_by("starts_at", "id")
    ]


def bed_days(encounter: Encounter, places: Iterable[EncounterLocation] | None = None) -> BedDays:
    """Days in intensive care and in emergency beds: nights there; less than one night but four hours or more counts 1.

    A bed of intensive care in an emergency department counts as intensive care alone.
    """
    if places is None:
        places = encounter.locations.select_related("department", "location")
    emergency = facility_setting(encounter.facility_id, "emergency_departments")
    until = encounter.ended_at or now()
    spent: dict[str, list[tuple[dt.datetime, dt.datetime]]] = {"icu": [], "emergency": []}
    for place in places:
        if place.cancelled_at is not None:
            continue
        period = (place.starts_at, place.ends_at or until)
        if place.location is not None and place.location.is_intensive_care:
            spent["icu"].append(period)
        elif place.department is not None and place.department.code in emergency:
            spent["emergency"].append(period)
    return BedDays(_days(spent["icu"]), _days(spent["emergency"]))


def _days(periods: list[tuple[dt.datetime, dt.datetime]]) -> int:
    total = sum(nights(start, end) for start, end in periods)
    if total == 0 and sum((end - start for start, end in periods), dt.timedelta()) >= _SHORT_STAY:
        return 1
    return total


def active_conditions(encounter: Encounter) -> list[Condition]:
    """The diagnoses in force, ordered by role as the record prints them, then by rank."""
    order = {role: index for index, role in enumerate(Condition.Role.values)}
    rows = encounter.conditions.filter(status=Condition.Status.CONFIRMED).select_related(
        "recorder", "department"
    )
    return sorted(rows, key=lambda row: (order[row.role], row.rank, row.pk))


def chart_facts(patient: Patient, user: User) -> dict[str, Any]:
    """The chart's panel: the latest stays and what may begin; one query."""
    stays = list(_latest_stays(patient.root_id))
    return {"stays": stays[:5], "has_more": len(stays) > 5, "patient": patient, **may_begin(user, stays)}


def may_begin(user: User, stays: Iterable[Encounter]) -> dict[str, bool]:
    """Whether this person may admit the patient or begin a visit, given the patient's latest stays."""
    running = [stay for stay in stays if stay.is_open]
    inside = any(stay.is_inpatient for stay in running)
    may_admit = not inside and user.has_right(permissions.ADMIT)
    may_start = not running and user.has_right(permissions.START)
    is_ours = not (may_admit or may_start) or not kept_by(user.facility_id, MOVEMENT)
    return {"may_admit": may_admit and is_ours, "may_start": may_start and is_ours}


def patients_by_number(facility_id: int, number: str) -> QuerySet[Any, Any]:
    """Ids of patients with a stay whose treatment code, admission or archive number begins so (for the search box)."""
    stays = Encounter.objects.filter(facility_id=facility_id)
    # The indexes leave empty numbers out: only who asks for others may use them. In an OR none would be used.
    return (
        stays.filter(identifier__startswith=number)
        .values("patient_id")
        .union(
            stays.filter(admission_number__startswith=number)
            .exclude(admission_number="")
            .values("patient_id"),
            stays.filter(archive_number__startswith=number).exclude(archive_number="").values("patient_id"),
        )
    )


def patients_with_code(facility_id: int, number: str) -> QuerySet[Any, Any]:
    """Ids of patients with a stay that has exactly this treatment code or admission number."""
    stays = Encounter.objects.filter(facility_id=facility_id)
    exact = stays.filter(identifier=number) | stays.filter(admission_number=number).exclude(
        admission_number=""
    )
    return exact.order_by("pk").values_list("patient_id", flat=True)[:5]


# What registration writes down by itself is no reason to keep a stay that never was.
_WRITTEN_ON_ARRIVAL = (codes.DiagnosisRole.REFERRAL, codes.DiagnosisRole.ADMISSION)


def has_clinical_data(encounter_id: int) -> bool:
    """Whether a doctor diagnosed or did something in this stay."""
    diagnosed = Condition.objects.filter(encounter=encounter_id, status=Condition.Status.CONFIRMED).exclude(
        role__in=_WRITTEN_ON_ARRIVAL
    )
    done = Procedure.objects.filter(encounter=encounter_id, status=Procedure.Status.COMPLETED)
    return diagnosed.exists() or done.exists()
