"""Briefings and books on paper, in a worker."""

from emr.outbox import Delivery, subscribe
from encounters.boards import services
from encounters.boards.models import BoardPrint
from encounters.documents.services import prints


@subscribe("board_print.requested", queue="interactive", long=True, max_attempts=prints.ATTEMPTS)
def render(delivery: Delivery) -> None:
    """Make the paper."""
    prints.make(delivery, BoardPrint, delivery.payload["board_print_id"], services.render_board_print)
