"""What happens to stays, as far as orders care."""

from emr.outbox import Delivery, subscribe
from encounters.orders import services


@subscribe("condition.recorded", queue="interactive")
def finish_rejected_entries(delivery: Delivery) -> None:
    """The stay has a diagnosis now: entries that waited for one are finished."""
    services.finish_rejected(encounter_id=int(delivery.payload["encounter_id"]))
