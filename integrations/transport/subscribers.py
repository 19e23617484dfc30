"""What was queued goes out, a lane's messages one after the other (the outbox's order key); old ones are emptied."""

from emr.outbox import Delivery, Later, subscribe
from integrations.transport import retention, sending
from integrations.transport.client import Away
from integrations.transport.senders import CannotSend

# Errors of ours, not of the neighbour: being away never counts.
MAX_ATTEMPTS = 7


@subscribe(sending.QUEUED, queue="deliver", long=True, max_attempts=MAX_ATTEMPTS)
def deliver_queued(delivery: Delivery) -> None:
    """Hand the message over; killed at any line, it goes out again with the same control id."""
    message_id = int(delivery.payload["message_id"])
    try:
        answer = sending.attempt(message_id=message_id)
    except Away as away:
        seconds = sending.keep_failure(message_id=message_id, away=away)
        raise Later(away.reason, seconds=seconds) from away
    except CannotSend as refusal:
        with delivery.finish():
            sending.set_down(message_id=message_id, reason=refusal.reason, detail=refusal.detail)
        return
    except Exception as error:
        if delivery.attempts < MAX_ATTEMPTS:
            raise
        with delivery.finish():
            sending.give_up(message_id=message_id, error=type(error).__name__)
        return
    with delivery.finish():
        if answer is not None:
            sending.keep_answer(message_id=message_id, answer=answer)


@subscribe(retention.TOPIC, queue="bulk")
def empty_old(delivery: Delivery) -> None:
    """One batch; killed at any line, it is done again from where the last one ended."""
    retention.empty_batch(facility_id=int(delivery.payload["facility_id"]))
