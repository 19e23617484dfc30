"""The only way to a dose and to what was done with it: through its stay."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import Organization, User
from encounters.medicines import permissions
from encounters.medicines.models import (
    DueDose,
    GivingConflict,
    MedicationAdministration,
    ReactionTest,
    WardTray,
)
from encounters.orders.models import MedicationRequest
from encounters.visits.access import acts_here, demand_unlocked, reaches_stay
from encounters.visits.forms.fields import clinical_departments
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry.access import not_hidden


def _demand_acts(user: User, right: str, row: DueDose | MedicationAdministration | GivingConflict) -> None:
    _demand_stay(user, right, row.encounter, row)


def _demand_stay(user: User, right: str, stay: Encounter, row: object) -> None:
    if not reaches_stay(user, stay.pk, right):
        raise Denied(right, entity=row)  # type: ignore[arg-type]  # one of our models
    if right != permissions.READ:
        demand_unlocked(right, stay)
    if right != permissions.READ and not acts_here(user, right, stay):
        raise Denied(right, entity=row, hidden=False)  # type: ignore[arg-type]  # one of our models


def access_dose(user: User, dose_uuid: UUID, right: str = permissions.GIVE) -> DueDose:
    """The dose of that public id; raises Denied (404 outside the person's reach, 403 where the patient no longer is)."""
    demand(user, right)
    found = _doses().filter(facility_id=user.facility_id, uuid=dose_uuid).first()
    if found is None:
        raise Denied(right, entity=None)
    _demand_acts(user, right, found)
    return found


def labelled_dose(user: User, code: str) -> DueDose | None:
    """The dose whose label was scanned, whoever it is of: that it is another patient's must be said, and nothing else."""
    demand(user, permissions.GIVE)
    return _doses().filter(facility_id=user.facility_id, number=code.strip().upper()[:16]).first()


def _doses() -> QuerySet[DueDose]:
    return DueDose.objects.select_related(
        "order", "patient", "encounter__department", "encounter__patient", "encounter__facility", "facility"
    )


def access_administration(
    user: User, administration_uuid: UUID, right: str = permissions.GIVE
) -> MedicationAdministration:
    """What was done; raises Denied as `access_dose`."""
    demand(user, right)
    found = (
        MedicationAdministration.objects.filter(facility_id=user.facility_id, uuid=administration_uuid)
        .select_related("dose__order", "encounter__department", "encounter__patient", "performer", "patient")
        .first()
    )
    if found is None:
        raise Denied(right, entity=None)
    _demand_acts(user, right, found)
    return found


def access_needed(user: User, medicine_uuid: UUID) -> MedicationRequest:
    """A medicine that may be given when needed; raises Denied as `access_dose`."""
    found = access_medicine(user, medicine_uuid)
    if not found.as_needed:
        raise Denied(permissions.GIVE, entity=found)
    return found


def access_medicine(user: User, medicine_uuid: UUID) -> MedicationRequest:
    """A medicine to test; raises Denied as `access_dose`."""
    demand(user, permissions.GIVE)
    found = (
        MedicationRequest.objects.filter(facility_id=user.facility_id, uuid=medicine_uuid)
        .select_related("encounter__department", "encounter__patient", "patient", "entry")
        .first()
    )
    if found is None:
        raise Denied(permissions.GIVE, entity=None)
    _demand_stay(user, permissions.GIVE, found.encounter, found)
    return found


def access_test(user: User, test_uuid: UUID) -> ReactionTest:
    """A reaction test; raises Denied as `access_dose`."""
    demand(user, permissions.GIVE)
    found = (
        ReactionTest.objects.filter(facility_id=user.facility_id, uuid=test_uuid)
        .select_related("order", "encounter__department", "encounter__patient")
        .first()
    )
    if found is None:
        raise Denied(permissions.GIVE, entity=None)
    _demand_stay(user, permissions.GIVE, found.encounter, found)
    return found


def access_conflict(user: User, conflict_uuid: UUID) -> GivingConflict:
    """A giving that waits to be settled; raises Denied as `access_dose`."""
    demand(user, permissions.SETTLE)
    found = (
        GivingConflict.objects.filter(facility_id=user.facility_id, uuid=conflict_uuid)
        .select_related("dose__order", "encounter__department", "encounter__patient")
        .first()
    )
    if found is None:
        raise Denied(permissions.SETTLE, entity=None)
    _demand_acts(user, permissions.SETTLE, found)
    return found


def my_departments(user: User, right: str) -> list[Organization]:
    """The clinical departments in which the person holds the right."""
    return [d for d in clinical_departments(user.facility_id) if user.has_right(right, d.pk)]


def access_tray(user: User, tray_uuid: UUID) -> WardTray:
    """A tray of one of the person's departments; raises Denied (404)."""
    demand(user, permissions.PREPARE)
    found = (
        WardTray.objects.filter(facility_id=user.facility_id, uuid=tray_uuid)
        .select_related("department", "facility", "filled_by")
        .first()
    )
    if found is None or not user.has_right(permissions.PREPARE, found.department_id):
        raise Denied(permissions.PREPARE, entity=found)
    return found


def reach_of(user: User, right: str = permissions.GIVE) -> Callable[[UUID, dt.datetime], Encounter]:
    """For what a device tells of an instant gone by: (stay, instant) leads to the stay, or raises Denied (404).

    Who may act there now may; so may who held the right where the patient was at that instant: a patient who was moved
    since takes nothing of what was done before along. Each stay is asked once for the present.
    """
    known: dict[UUID, tuple[Encounter | None, bool]] = {}

    def reach(stay_uuid: UUID, at: dt.datetime) -> Encounter:
        if stay_uuid not in known:
            known[stay_uuid] = _stay_now(user, stay_uuid, right)
        stay, is_here = known[stay_uuid]
        if stay is None or not (is_here or _was_there(user, right, stay, at)):
            raise Denied(right, entity=stay)
        return stay

    return reach


def _stay_now(user: User, stay_uuid: UUID, right: str) -> tuple[Encounter | None, bool]:
    stay = (
        Encounter.objects.filter(not_hidden(user, right), facility_id=user.facility_id, uuid=stay_uuid)
        .select_related("patient", "patient__merged_into", "department", "facility")
        .first()
    )
    if stay is None:
        return None, False
    return stay, acts_here(user, right, stay) and reaches_stay(user, stay.pk, right)


def _was_there(user: User, right: str, stay: Encounter, at: dt.datetime) -> bool:
    then = EncounterLocation.objects.filter(encounter=stay, starts_at__lte=at, cancelled_at=None)
    place = then.exclude(ends_at__lt=at).order_by("starts_at", "pk").last()
    return (
        place is not None and place.department_id is not None and user.has_right(right, place.department_id)
    )
