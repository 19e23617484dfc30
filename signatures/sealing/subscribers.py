"""What a person asked for, made by a worker."""

from django.utils.translation import gettext_noop as _

from emr.common.errors import DomainError
from emr.outbox import Delivery, subscribe
from signatures.sealing import services
from signatures.sealing.services.extracts import TooLong


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
