"""Results on paper, in a worker."""

from emr.outbox import Delivery, subscribe
from encounters.documents.services import prints
from encounters.results.models import ResultPrint
from encounters.results.services import printing


@subscribe("result_print.requested", queue="interactive", long=True, max_attempts=prints.ATTEMPTS)
def render(delivery: Delivery) -> None:
    """Make a copy of a report or of the table."""
    prints.make(delivery, ResultPrint, delivery.payload["result_print_id"], printing.render_result_print)
