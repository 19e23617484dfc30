"""What happens to signed documents, as far as their proof cares."""

from emr.outbox import Delivery, subscribe
from signatures.preserving import services


@subscribe("document_version.signed", queue="bulk")
def note(delivery: Delivery) -> None:
    """A signature stands in the PDF; the clock does the rest."""
    services.note_signed(version_id=delivery.payload["document_version_id"])


@subscribe("document_version.sealed", queue="bulk")
def note_seal(delivery: Delivery) -> None:
    """The facility's seal stands in the PDF, on what a patient confirmed."""
    services.note_sealed(version_id=delivery.payload["document_version_id"])


@subscribe("document_version.preservation_due", queue="bulk", long=True)
def preserve(delivery: Delivery) -> None:
    """Ask and append outside any transaction, then store it with "done". One success ends the others' pauses."""
    raised = services.raise_version(version_id=delivery.payload["document_version_id"])
    with delivery.finish():
        if raised is None or services.keep_raised(raised) is None:
            return
        if raised.pdf is not None and not raised.problem:
            services.try_the_others()
            services.ask_for_raising()
