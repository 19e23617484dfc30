"""Ask outside the page, in a worker."""

from emr.outbox import Delivery, subscribe
from encounters.consents import services


@subscribe("confirmation_challenge.owed", queue="interactive", long=True)
def send(delivery: Delivery) -> None:
    """Send the code, or tell the service; the outcome is kept with "done"."""
    services.send_challenge(challenge_id=delivery.payload["challenge_id"], owed=delivery)
