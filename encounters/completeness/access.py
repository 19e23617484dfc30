"""Whose gaps a person sees: those of the stays that they reach, in departments that they oversee, and their own."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.models import User
from encounters.completeness import permissions
from encounters.visits.access import access_encounter, encounters_for
from encounters.visits.models import Encounter


def access_stay(user: User, encounter_uuid: UUID, right: str = permissions.READ) -> Encounter:
    """The stay of that public id; raises Denied (404 outside the person's reach, 403 where the patient no longer is)."""
    return access_encounter(user, encounter_uuid, right)


def stays_reached(user: User, right: str = permissions.READ) -> QuerySet[Encounter]:
    """The stays of which the person may see what is owed: reached, and in departments where the right is held."""
    found = encounters_for(user, right)
    departments = user.departments_for(right)
    return found.filter(Q(department__in=departments)) if isinstance(departments, frozenset) else found
