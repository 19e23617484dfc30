"""The only way to a stay: through the patient that it is of (S-01), never past another department's wall (S-04)."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.visits import permissions
from encounters.visits.models import Encounter
from patients.registry.access import (
    acts_in_emergency,
    emergency_ends_at,
    patients_for,
    reaches,
    remember_emergency,
)


def encounters_for(user: User, right: str = permissions.READ) -> QuerySet[Encounter]:
    """The stays of the patients that this person reaches with the right; those entered in error too."""
    reached = patients_for(user, right).order_by().values("pk")
    return Encounter.objects.filter(facility_id=user.facility_id, patient_id__in=reached)


def access_encounter(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay of that public id, with patient and department.

    Outside the person's reach it doesn't exist (404). A right to act must also hold in the department where the
    patient is now (403): a ward that still reads a transferred patient's chart doesn't discharge them. Emergency access
    lets its holder write and order wherever the patient is.
    """
    demand(user, right)
    stay = (
        encounters_for(user)
        .select_related("patient", "patient__merged_into", "department", "facility")
        .annotate(emergency_ends_at=emergency_ends_at(user, "patient"))
        .filter(uuid=encounter_uuid)
        .first()
    )
    if stay is None:
        tried = Encounter.objects.filter(uuid=encounter_uuid).first()
        raise Denied(right, entity=tried)
    remember_emergency(user, stay.patient, stay.emergency_ends_at)
    if right != permissions.READ and not acts_here(user, right, stay):
        raise Denied(right, entity=stay, hidden=False)
    return stay


def acts_here(user: User, right: str, stay: Encounter, *, department_id: int | None = None) -> bool:
    """Whether the person may do this: where the patient is now (or in the department named), or in an emergency."""
    if user.has_right(right, department_id or stay.department_id):
        return True
    return acts_in_emergency(user, right, stay.patient)


def refuse_in_emergency(user: User, right: str, stay: Encounter, *, owner_id: int | None = None) -> None:
    """Raise Denied (403) where the chart is open by emergency access alone and the row isn't the person's own (S-11)."""
    if owner_id != user.pk and not reaches(user, stay.patient, permissions.READ):
        raise Denied(right, entity=stay, hidden=False)
