"""The only way to a stay: through the patient that it is of (S-01), never past another department's wall (S-04)."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.visits import permissions
from encounters.visits.models import Encounter
from patients.registry.access import patients_for


def encounters_for(user: User, right: str = permissions.READ) -> QuerySet[Encounter]:
    """The stays of the patients that this person reaches with the right; those entered in error too."""
    reached = patients_for(user, right).order_by().values("pk")
    return Encounter.objects.filter(facility_id=user.facility_id, patient_id__in=reached)


def access_encounter(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay of that public id, with patient and department.

    Outside the person's reach it doesn't exist (404). A right to act must also hold in the department where the
    patient is now (403): a ward that still reads a transferred patient's chart doesn't discharge them.
    """
    demand(user, right)
    stay = (
        encounters_for(user)
        .select_related("patient", "patient__merged_into", "department", "facility")
        .filter(uuid=encounter_uuid)
        .first()
    )
    if stay is None:
        tried = Encounter.objects.filter(uuid=encounter_uuid).first()
        raise Denied(right, entity=tried)
    if right != permissions.READ:
        demand(user, right, department_id=stay.department_id, of=stay)
    return stay
