"""What this room hears of."""

from emr.notices import services
from emr.notices.services.confirming import ATTEMPTS as CODE_ATTEMPTS
from emr.notices.services.delivering import ATTEMPTS
from emr.outbox import Delivery, subscribe


@subscribe("notice_delivery.owed", queue="interactive", long=True, max_attempts=ATTEMPTS)
def send(delivery: Delivery) -> None:
    """A message is to leave the house."""
    services.send_delivery(delivery_id=delivery.payload["delivery_id"], owed=delivery)


@subscribe("contact_code.owed", queue="interactive", long=True, max_attempts=CODE_ATTEMPTS)
def send_code(delivery: Delivery) -> None:
    """Somebody waits for a code at the page."""
    services.deliver_code(code_id=delivery.payload["code_id"], owed=delivery)
