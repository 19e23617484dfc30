"""What came in is applied: one patient's messages in order, one at a time (the outbox's order key)."""

from django.db import transaction

from emr.outbox import Delivery, subscribe
from integrations.hl7v2 import inbox

MAX_ATTEMPTS = 7


@subscribe(
    "hl7_message.received",
    queue="sync",
    max_attempts=MAX_ATTEMPTS,
    formerly="integrations.his.subscribers.apply_received",
)
def apply_received(delivery: Delivery) -> None:
    """Apply the message; what isn't the message's fault is tried again, then laid on the dead-letter desk."""
    message_id = int(delivery.payload["message_id"])
    if delivery.attempts < MAX_ATTEMPTS:
        inbox.apply_message(message_id=message_id)
        return
    try:
        with transaction.atomic():
            inbox.apply_message(message_id=message_id)
    except Exception as error:
        inbox.give_up(message_id=message_id, error=type(error).__name__)
