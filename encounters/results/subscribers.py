"""Results on paper, in a worker; results that wait still when the patient leaves."""

from emr.outbox import Delivery, subscribe
from encounters.documents.services import prints
from encounters.results.models import ResultPrint
from encounters.results.services import keep_open_after_discharge, printing


@subscribe("result_print.requested", queue="interactive", long=True, max_attempts=prints.ATTEMPTS)
def render(delivery: Delivery) -> None:
    """Make a copy of a report or of the table."""
    prints.make(delivery, ResultPrint, delivery.payload["result_print_id"], printing.render_result_print)


@subscribe("encounter.discharged")
def keep_open(delivery: Delivery) -> None:
    """What nobody has acknowledged stays in the inbox, however long ago the patient left."""
    keep_open_after_discharge(encounter_id=int(delivery.payload["encounter_id"]))
