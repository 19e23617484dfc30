"""The only way to a signing request: it is one's own."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from signatures.signing.models import Delegation, SigningRequest
from signatures.signing.selectors import form_title, may_countersign


def access_request(user: User, request_uuid: UUID) -> SigningRequest:
    """The person's own request; another's is as if it weren't there (404, and a line in the log)."""
    found = (
        SigningRequest.objects.select_related(
            "version__document__patient",
            "version__document__author",
            "version__document__department",
            "signer",
            "on_behalf_of",
            "facility",
        )
        .defer("version__composition")
        .annotate(title=form_title())
        .filter(uuid=request_uuid)
        .first()
    )
    if found is None or found.signer_id != user.pk:
        patient_id = found.version.document.patient_id if found is not None else None
        raise Denied("signing_request.read", entity=found, patient_id=patient_id)
    document = found.version.document
    if document.author_id != user.pk and not may_countersign(user, document):
        raise Denied("signing_request.read", entity=found, patient_id=document.patient_id)
    return found


def access_delegation(user: User, delegation_uuid: UUID) -> Delegation:
    """A delegation that the person gave; another's is as if it weren't there (404)."""
    found = Delegation.objects.filter(principal=user, facility=user.facility_id, uuid=delegation_uuid).first()
    if found is None:
        raise Denied("delegation.read", entity=Delegation.objects.filter(uuid=delegation_uuid).first())
    return found
