"""The demo's doctors sign when their pages are ready."""

from emr.outbox import Delivery, subscribe
from integrations.demo import services


@subscribe("demo.signature_wanted", queue="bulk", max_attempts=20)
def sign(delivery: Delivery) -> None:
    """Some entries of a fresh demo are signed."""
    services.sign_entry(document_id=delivery.payload["document_id"])


@subscribe("demo.paper_wanted", queue="bulk", max_attempts=20)
def sign_paper(delivery: Delivery) -> None:
    """Some papers of a fresh demo are signed and sealed."""
    services.sign_paper(document_id=delivery.payload["document_id"])
