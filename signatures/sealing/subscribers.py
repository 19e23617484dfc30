"""What a person asked for or confirmed, made and sealed by a worker."""

from django.utils.translation import gettext_noop as _

from emr.common.errors import DomainError
from emr.outbox import Delivery, subscribe
from encounters.scanning.services import keep_sealed
from signatures.sealing import services
from signatures.sealing.services.extracts import TooLong
from signatures.signing.services import advance


@subscribe("log_extract.requested", queue="bulk", long=True)
def make(delivery: Delivery) -> None:
    """Write the lines outside any transaction, then seal and keep them with "done": one file however often it runs."""
    extract_id = delivery.payload["log_extract_id"]
    try:
        made = services.make_extract(extract_id=extract_id, delivery=delivery)
    except TooLong:
        problem = _("More lines than one extract may hold: ask for fewer days.")
        with delivery.finish():
            services.note_failure(extract_id=extract_id, problem=problem)
        return
    try:
        with delivery.finish():
            if made is not None:
                services.keep_extract(made)
    except DomainError as refusal:  # no usable seal now: said on the page, tried again
        services.note_failure(extract_id=extract_id, problem=str(refusal))
        raise


@subscribe("confirmation.given", queue="interactive", long=True)
def seal(delivery: Delivery) -> None:
    """Seal outside any transaction, then keep it with "done": one seal however often it runs."""
    sealed = services.seal_confirmation(confirmation_id=delivery.payload["confirmation_id"])
    with delivery.finish():
        if sealed is not None:
            services.keep_sealed(sealed)


@subscribe("paper.accepted", queue="interactive", long=True)
def seal_paper(delivery: Delivery) -> None:
    """Make and seal the copy outside any transaction, then keep it with "done": one sealed file however often it runs."""
    paper_id = delivery.payload["paper_id"]
    sealed = services.seal_paper(paper_id=paper_id)
    with delivery.finish():
        if sealed is not None:
            keep_sealed(paper_id=paper_id, pdf=sealed.pdf, level=sealed.level)


@subscribe("document_version.sealed", queue="interactive")
def prepare_again(delivery: Delivery) -> None:
    """Whoever is still to sign does so over the sealed PDF."""
    advance(version_id=delivery.payload["document_version_id"])
