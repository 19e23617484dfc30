"""What is signed here goes to the neighbours that ask for it."""

from emr.outbox import Delivery, subscribe
from integrations.mdm import services


@subscribe("document_version.signed", queue="sync")
def tell_signed(delivery: Delivery) -> None:
    """T02, T08 or T10."""
    payload = delivery.payload
    services.tell_signed(version_id=int(payload["document_version_id"]), revision=int(payload["revision"]))


@subscribe("document.entered_in_error", queue="sync")
def tell_cancelled(delivery: Delivery) -> None:
    """T11."""
    services.tell_cancelled(document_id=int(delivery.payload["document_id"]))
