"""Changes of orders are told to the systems that perform them."""

from emr.outbox import Delivery, subscribe
from integrations.lis.services import tell_collected, tell_order


def _tell(delivery: Delivery, verb: str) -> None:
    tell_order(order_id=int(delivery.payload["order_id"]), verb=verb, fact=delivery.event_id)


@subscribe("service_request.placed", queue="sync")
def tell_placed(delivery: Delivery) -> None:
    """NW."""
    _tell(delivery, "placed")


@subscribe("service_request.held", queue="sync")
def tell_held(delivery: Delivery) -> None:
    """HD."""
    _tell(delivery, "held")


@subscribe("service_request.resumed", queue="sync")
def tell_resumed(delivery: Delivery) -> None:
    """RL."""
    _tell(delivery, "resumed")


@subscribe("service_request.revoked", queue="sync")
def tell_revoked(delivery: Delivery) -> None:
    """CA."""
    _tell(delivery, "revoked")


@subscribe("service_request.entered_in_error", queue="sync")
def tell_entered_in_error(delivery: Delivery) -> None:
    """CA: it never should have been."""
    _tell(delivery, "entered_in_error")


@subscribe("specimen.collected", queue="sync")
def tell_specimen(delivery: Delivery) -> None:
    """SC: the specimen was collected, by whom and when."""
    tell_collected(specimen_id=int(delivery.payload["specimen_id"]), fact=delivery.event_id)
