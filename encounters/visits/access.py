"""The only way to a stay: through the patient that it is of (S-01), never past another department's wall (S-04)."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from emr.accounts.access import Denied, demand
from emr.accounts.closed import WHEN_CLOSED
from emr.accounts.models import User
from emr.accounts.roles import WHEN_LISTED
from encounters.visits import permissions
from encounters.visits.models import Encounter
from patients.registry.access import (
    acts_in_emergency,
    emergency_ends_at,
    listed_stays,
    patients_for,
    reached,
    reaches,
    remember_emergency,
)


def encounters_for(user: User, right: str = permissions.READ) -> QuerySet[Encounter]:
    """The stays of the patients that this person reaches with the right, and single stays that a mandate lists; those
    entered in error too.
    """
    own = Encounter.objects.filter(facility_id=user.facility_id)
    if user.is_listed_only(right):
        whole = patients_for(user, right, whole=True).order_by().values("pk")
        return own.filter(Q(patient_id__in=whole) | Q(pk__in=listed_stays(user, right)))
    patients = patients_for(user, right).order_by().values("pk")
    return own.filter(patient_id__in=patients)


def stay_reached(user: User, right: str = permissions.READ, stay: str = "") -> Q:
    """The condition that a row's stay (the path to it; "" for stays themselves) is one of `encounters_for`: for rows found
    by something else.
    """
    patient = f"{stay}__patient" if stay else "patient"
    if not user.is_listed_only(right):
        return reached(user, right, patient)
    listed = Q(**{f"{stay}__in" if stay else "pk__in": listed_stays(user, right)})
    return reached(user, right, patient, whole=True) | listed


def reaches_stay(user: User, stay_id: int, right: str = permissions.READ) -> bool:
    """Whether the stay is one of `encounters_for`."""
    own = Encounter.objects.filter(facility_id=user.facility_id, pk=stay_id)
    return own.filter(stay_reached(user, right)).exists()


def access_encounter(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay of that public id, with patient and department.

    Outside the person's reach it doesn't exist (404). A right to act must also hold in the department where the
    patient is now (403): a ward that still reads a transferred patient's chart doesn't discharge them. Emergency access
    lets its holder write and order wherever the patient is.
    """
    demand(user, right)
    stay = (
        Encounter.objects.filter(stay_reached(user), facility_id=user.facility_id)
        .select_related("patient", "patient__merged_into", "department", "facility")
        .annotate(emergency_ends_at=emergency_ends_at(user, "patient"))
        .filter(uuid=encounter_uuid)
        .first()
    )
    if stay is None:
        tried = Encounter.objects.filter(uuid=encounter_uuid).first()
        raise Denied(right, entity=tried)
    remember_emergency(user, stay.patient, stay.emergency_ends_at)
    if right != permissions.READ:
        demand_unlocked(right, stay)
        if not acts_here(user, right, stay):
            raise Denied(right, entity=stay, hidden=False)
    return stay


CLOSED = _(
    "The record of this stay is closed: it is read and printed, not written on. What came late is entered as an addition"
    " on the record's own page; for anything else the planning office reopens the record, with a reason."
)


def is_locked(right: str, stay: Encounter) -> bool:
    """Whether the stay's record is closed to what the right does (R-24)."""
    return stay.is_record_closed and right not in WHEN_CLOSED


def demand_unlocked(right: str, stay: Encounter) -> None:
    """Raise Denied (403, with the words that say why) where the record is closed to what the right does."""
    if is_locked(right, stay):
        raise Denied(right, entity=stay, hidden=False, because=CLOSED)


def acts_here(user: User, right: str, stay: Encounter, *, department_id: int | None = None) -> bool:
    """Whether the person may do this: where the patient is now (or in the department named), or in an emergency. On a
    closed record nobody does what isn't named in `WHEN_CLOSED`.

    Who holds the right for listed charts alone reads the stays that are listed, wherever the patient is.
    """
    if is_locked(right, stay):
        return False
    if user.is_listed_only(right):
        return right in WHEN_LISTED and reaches_stay(user, stay.pk, right)
    if user.has_right(right, department_id or stay.department_id):
        return True
    return acts_in_emergency(user, right, stay.patient)


def refuse_in_emergency(user: User, right: str, stay: Encounter, *, owner_id: int | None = None) -> None:
    """Raise Denied (403) where the chart is open by emergency access alone and the row isn't the person's own (S-11)."""
    if owner_id != user.pk and not reaches(user, stay.patient, permissions.READ):
        raise Denied(right, entity=stay, hidden=False)
