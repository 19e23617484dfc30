"""The only way to a paper: through the stay that it is of (S-01)."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.attestations import permissions
from encounters.attestations.models import Attestation
from encounters.documents.models import Document
from encounters.visits.access import acts_here, encounters_for, stay_reached


def papers_for(user: User, right: str = permissions.READ) -> QuerySet[Attestation]:
    """The papers of the stays that the person reaches with the right."""
    reached = encounters_for(user, right).values("pk")
    return Attestation.objects.filter(facility_id=user.facility_id, encounter__in=reached)


def access_paper(user: User, attestation_uuid: UUID, right: str = permissions.READ) -> Attestation:
    """The paper of that public id; raises Denied: 404 outside the person's reach, 403 where they may only look."""
    return _reached(user, right, Attestation.objects.filter(uuid=attestation_uuid))


def access_paper_of(user: User, document_uuid: UUID, right: str = permissions.READ) -> Attestation:
    """The paper that a document is; raises Denied as `access_paper` does."""
    return _reached(user, right, Attestation.objects.filter(document__uuid=document_uuid), document_uuid)


def _reached(
    user: User, right: str, found: QuerySet[Attestation], document_uuid: UUID | None = None
) -> Attestation:
    demand(user, right)
    paper = (
        found.filter(stay_reached(user, right, "encounter"), facility_id=user.facility_id)
        .select_related(
            "facility",
            "patient",
            "encounter__patient",
            "encounter__department",
            "document",
            "begun_by",
            "replaces",
        )
        .first()
    )
    if paper is None:
        tried = Document.objects.filter(uuid=document_uuid).first() if document_uuid else found.first()
        raise Denied(right, entity=tried)
    if right != permissions.READ and not acts_here(user, right, paper.encounter):
        raise Denied(right, entity=paper, hidden=False)
    return paper
