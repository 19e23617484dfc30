"""The demo's doctors sign what is ready, its head nurse checks paper that was read, a record becomes a file."""

from emr.outbox import Delivery, subscribe
from integrations.demo import archiving, services


@subscribe("demo.signature_wanted", queue="bulk", max_attempts=20)
def sign(delivery: Delivery) -> None:
    """Some entries of a fresh demo are signed."""
    services.sign_entry(document_id=delivery.payload["document_id"])


@subscribe("demo.record_file_wanted", queue="bulk", max_attempts=20)
def make_file(delivery: Delivery) -> None:
    """One record of a fresh demo becomes a file, and somebody asks for an extract of it."""
    archiving.build_file(encounter_id=delivery.payload["encounter_id"])


@subscribe("demo.check_wanted", queue="bulk", max_attempts=20)
def check(delivery: Delivery) -> None:
    """One paper is accepted, one returned."""
    services.check_paper(**{name: delivery.payload[name] for name in ("encounter_id", "verdict")})


@subscribe("demo.paper_wanted", queue="bulk", max_attempts=20)
def sign_paper(delivery: Delivery) -> None:
    """Some papers of a fresh demo are signed and sealed."""
    services.sign_paper(document_id=delivery.payload["document_id"])
