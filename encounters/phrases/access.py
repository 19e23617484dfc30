"""The only way to a phrase: one's own, or one of a department where one works."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import Organization, User
from encounters.phrases import permissions
from encounters.phrases.models import Phrase


def phrases_for(user: User) -> QuerySet[Phrase]:
    """What opens for this person: their own and their departments'."""
    shared = Q(department__in=_departments(user, permissions.USE))
    return Phrase.objects.filter(Q(owner=user) | shared, facility_id=user.facility_id).select_related(
        "department", "changed_by"
    )


def may_change(user: User, phrase: Phrase) -> bool:
    """One's own, or a department's where one may share."""
    if phrase.department_id is None:
        return phrase.owner_id == user.pk
    return user.has_right(permissions.SHARE, phrase.department_id)


def access_phrase(user: User, phrase_uuid: UUID) -> Phrase:
    """The phrase of that public id, to be changed; raises Denied (404 outside the person's reach, 403 to change)."""
    demand(user, permissions.USE)
    found = phrases_for(user).filter(uuid=phrase_uuid).first()
    if found is None:
        raise Denied(permissions.USE, entity=Phrase.objects.filter(uuid=phrase_uuid).first())
    if not may_change(user, found):
        raise Denied(permissions.SHARE, entity=found, hidden=False)
    return found


def shared_departments(user: User) -> QuerySet[Organization]:
    """Departments whose phrases this person looks after, by name."""
    return Organization.objects.filter(pk__in=_departments(user, permissions.SHARE)).order_by("name")


def _departments(user: User, right: str) -> frozenset[int]:
    """Where the person works with that right; who works for the whole facility has no department's phrases."""
    reach = user.departments_for(right)
    return reach if isinstance(reach, frozenset) else frozenset()
