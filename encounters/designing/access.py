"""The only way to a form to be looked at or changed: the house's own, and what every house has."""

from uuid import UUID

from django.db.models import Q, QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.designing import permissions
from encounters.designing.models import FormDraft
from encounters.forms.models import Questionnaire


def versions_for(user: User) -> QuerySet[Questionnaire]:
    """Every version of every form that this house may use."""
    return Questionnaire.objects.filter(Q(facility=None) | Q(facility=user.facility_id))


def access_version(user: User, version_uuid: UUID, right: str = permissions.READ) -> Questionnaire:
    """The version of that public id; raises Denied (404 for another house's, 403 without the right)."""
    demand(user, right)
    found = versions_for(user).filter(uuid=version_uuid).first()
    if found is None:
        raise Denied(right)
    return found


def access_draft(user: User, draft_uuid: UUID, right: str = permissions.READ) -> FormDraft:
    """The draft of that public id; raises Denied (404 for another house's, 403 without the right)."""
    demand(user, right)
    found = (
        FormDraft.objects.filter(facility=user.facility_id, uuid=draft_uuid)
        .select_related("based_on", "facility", "changed_by", "published_as")
        .first()
    )
    if found is None:
        raise Denied(right)
    return found
