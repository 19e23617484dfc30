"""The only way to a corrected identity as a user: the own facility's, while the laboratory hasn't answered."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from integrations.lis import permissions
from integrations.lis.identity import REASON
from integrations.transport.models import DeadLetter


def identities_for(user: User) -> QuerySet[DeadLetter]:
    """What waits for the laboratory's word, oldest first."""
    demand(user, permissions.CONFIRM_IDENTITY)
    return (
        DeadLetter.objects.filter(message__facility_id=user.facility_id, reason=REASON, resolution="")
        .select_related("message__channel__facility", "message__edited_by", "message__edited_from__channel")
        .order_by("pk")
    )


def access_identity(user: User, identity_uuid: UUID) -> DeadLetter:
    """One of them; raises Denied (404) when it is none, or answered."""
    found = identities_for(user).filter(uuid=identity_uuid).first()
    if found is None:
        raise Denied(permissions.CONFIRM_IDENTITY)
    return found
