"""What happens to documents, as far as signing cares."""

from emr.outbox import Delivery, subscribe
from encounters.designing.models import FormDraft
from encounters.documents.models import DocumentVersion
from signatures.signing import services


@subscribe("document_version.rendered", queue="interactive")
def ask_the_author(delivery: Delivery) -> None:
    """A version has its PDF: withdraw requests on older versions, ask its author to sign, then whom its form names."""
    version = DocumentVersion.objects.select_related("author", "document__patient").get(
        pk=delivery.payload["document_version_id"]
    )
    services.withdraw_older(version=version)
    services.open_author_request(version=version)
    services.open_further_requests(version=version)


@subscribe("signing_request.preparation_requested", queue="interactive", long=True)
def prepare(delivery: Delivery) -> None:
    """Prepare the bytes outside any transaction, then store them with "done"."""
    preparation = services.prepare_request(request_id=delivery.payload["signing_request_id"])
    with delivery.finish():
        if preparation is not None:
            services.keep_preparation(preparation)


@subscribe("signature.created", queue="interactive", long=True)
def embed(delivery: Delivery) -> None:
    """Make the signed PDF outside any transaction, then store it with "done": exactly one for each request."""
    signed = services.embed_signature(request_id=delivery.payload["signing_request_id"])
    with delivery.finish():
        if signed is not None:
            services.keep_signed_bytes(signed)


@subscribe("document_version.signed", queue="interactive")
def prepare_next(delivery: Delivery) -> None:
    """Prepare the next people's bytes over the signed PDF; whom the form's chain names next is asked."""
    services.advance(version_id=delivery.payload["document_version_id"])


@subscribe("document_version.timestamp_owed", queue="bulk", long=True)
def stamp(delivery: Delivery) -> None:
    """Append the document timestamp outside any transaction, then store it with "done"."""
    stamped = services.stamp_version(version_id=delivery.payload["document_version_id"])
    with delivery.finish():
        if stamped is not None and services.keep_stamp(stamped) is not None:
            services.ask_for_timestamps(services.BATCH)


@subscribe("document.entered_in_error", queue="interactive")
def withdraw(delivery: Delivery) -> None:
    """Nobody signs what was entered in error."""
    services.withdraw_all(document_id=delivery.payload["document_id"])


@subscribe("form.published", queue="interactive")
def begin_chain(delivery: Delivery) -> None:
    """A form of the house's own that no chain knows gets one from its places to sign."""
    draft = FormDraft.objects.select_related("published_as", "published_by").get(
        pk=delivery.payload["form_draft_id"]
    )
    if draft.published_as is not None and draft.published_by is not None:
        services.begin_chain(questionnaire=draft.published_as, by=draft.published_by)
