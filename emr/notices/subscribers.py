"""What this room hears of."""

from emr.notices import services
from emr.notices.services.delivering import ATTEMPTS
from emr.outbox import Delivery, subscribe


@subscribe("notice_delivery.owed", queue="interactive", long=True, max_attempts=ATTEMPTS)
def send(delivery: Delivery) -> None:
    """A message is to leave the house."""
    services.send_delivery(delivery_id=delivery.payload["delivery_id"], owed=delivery)
