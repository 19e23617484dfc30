"""Who reviews which emergency access: the head of the patient's department, and the auditors all of them."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from patients.emergency_access import permissions
from patients.emergency_access.models import EmergencyAccess


def reviews_for(user: User) -> QuerySet[EmergencyAccess]:
    """What the person may review; their own they see and can't judge."""
    found = EmergencyAccess.objects.filter(facility_id=user.facility_id)
    if not user.has_right(permissions.REVIEW):
        return found.none()
    reach = user.departments_for(permissions.REVIEW)
    return found if isinstance(reach, str) else found.filter(Q(department__in=reach))


def access_review(user: User, access_uuid: UUID) -> EmergencyAccess:
    """The access of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.REVIEW)
    found = reviews_for(user).select_related("user", "patient").filter(uuid=access_uuid).first()
    if found is None:
        raise Denied(permissions.REVIEW, entity=EmergencyAccess.objects.filter(uuid=access_uuid).first())
    return found
