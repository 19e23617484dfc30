"""A paper is issued when everybody has signed."""

from emr.outbox import Delivery, subscribe
from encounters.attestations import services
from encounters.documents.models import DocumentVersion


@subscribe("document_version.signed_by_all", queue="interactive")
def issued(delivery: Delivery) -> None:
    """The last signature of the version's chain was embedded."""
    version = DocumentVersion.objects.get(pk=delivery.payload["document_version_id"])
    services.mark_issued(version=version)
