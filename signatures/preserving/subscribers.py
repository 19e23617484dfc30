"""What happens to signed and sealed files, as far as their proof cares."""

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


@subscribe("bundle.ready", queue="bulk")
def note_bundle(delivery: Delivery) -> None:
    """A record's file, or an extract, stands under the seal."""
    services.note_bundle(bundle_id=delivery.payload["bundle_id"])


@subscribe("paper.sealed", queue="bulk")
def note_paper(delivery: Delivery) -> None:
    """The copy of a paper stands under the seal."""
    services.note_paper(paper_id=delivery.payload["paper_id"])


@subscribe("file.preservation_due", queue="bulk", long=True)
def preserve(delivery: Delivery) -> None:
    """Ask and append outside any transaction, then store it with "done". One success ends the others' pauses."""
    raised = services.raise_level(preservation_id=delivery.payload["preservation_id"])
    with delivery.finish():
        if raised is None or services.keep_raised(raised) is None:
            return
        if raised.pdf is not None and not raised.problem:
            services.try_the_others()
            services.ask_for_raising()
