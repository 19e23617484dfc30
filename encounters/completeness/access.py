"""Whose gaps a person sees: those of the stays that they reach, everybody's in departments that they oversee."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.models import User
from encounters.completeness import permissions
from encounters.visits.access import access_encounter, encounters_for
from encounters.visits.models import Encounter


def access_stay(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay of that public id; raises Denied (404 outside the person's reach, 403 where the patient no longer is)."""
    return access_encounter(user, encounter_uuid, right)


def stays_overseen(user: User) -> QuerySet[Encounter]:
    """The stays of which the person sees what everybody owes: reached, and in departments where the right is held."""
    found = encounters_for(user, permissions.OVERSEE)
    departments = user.departments_for(permissions.OVERSEE)
    return found.filter(department__in=departments) if isinstance(departments, frozenset) else found
