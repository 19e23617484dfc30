"""Questions about signatures."""

from django.db.models import Exists, Max, OuterRef, QuerySet

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from signatures.signing.models import SigningRequest


def waiting_for(user: User) -> QuerySet[SigningRequest]:
    """What waits for the person's signature now, oldest first: open, and every step before it done."""
    before = SigningRequest.objects.filter(version=OuterRef("version"), step__lt=OuterRef("step")).exclude(
        status=SigningRequest.Status.COMPLETED
    )
    return (
        SigningRequest.objects.filter(signer=user, status__in=SigningRequest.OPEN)
        .exclude(Exists(before))
        .select_related(
            "version__document__patient", "version__document__department", "version__document__author"
        )
        .defer("tail", "version__composition")
        .order_by("created_at", "pk")
    )


def being_embedded(user: User) -> QuerySet[SigningRequest]:
    """What the person has signed and a worker hasn't finished yet."""
    return SigningRequest.objects.filter(signer=user, status=SigningRequest.Status.SIGNED).defer("tail")


def steps_of(document: Document) -> QuerySet[SigningRequest]:
    """The signing steps of the document's current version, in order."""
    return (
        SigningRequest.objects.filter(version_id=document.current_version_id)
        .select_related("signer", "signature")
        .defer("tail")
        .order_by("step")
    )


def latest_bytes(version: DocumentVersion) -> DocumentBytes | None:
    """The newest PDF of a version; None before it is rendered."""
    return version.bytes.select_related("attachment__key").order_by("-revision").first()


def latest_revision(version_id: int) -> int | None:
    """The number of the newest PDF of a version; None before it is rendered."""
    found = DocumentBytes.objects.filter(version_id=version_id).aggregate(latest=Max("revision"))
    return found["latest"]  # type: ignore[no-any-return]
