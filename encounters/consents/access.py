"""The only way to a confirmation: through the document that it is of (S-01)."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.consents import permissions
from encounters.consents.models import Confirmation
from encounters.documents.access import access_document
from encounters.documents.models import Document
from encounters.documents.permissions import READ
from encounters.visits.access import acts_here, demand_unlocked


def access_for_confirming(user: User, document_uuid: UUID) -> Document:
    """The document, to be put before the patient; raises Denied: 404 outside the person's reach, 403 where the patient no
    longer is.
    """
    demand(user, permissions.TAKE)
    document = access_document(user, document_uuid, READ)
    demand_unlocked(permissions.TAKE, document.encounter)
    if not acts_here(user, permissions.TAKE, document.encounter):
        raise Denied(permissions.TAKE, entity=document, hidden=False)
    return document


def access_confirmation(user: User, document_uuid: UUID) -> Confirmation:
    """The confirmation of the document's present version; raises Denied (404)."""
    document = access_document(user, document_uuid, READ)
    found = (
        Confirmation.objects.filter(version_id=document.current_version_id)
        .select_related("paper__key", "patient", "version__document")
        .first()
    )
    if found is None:
        raise Denied(READ, entity=document)
    return found
