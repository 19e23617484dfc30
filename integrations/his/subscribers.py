"""Changes of our orders are told to the HIS; what it answers comes back to the prescriber."""

from emr.outbox import Delivery, subscribe
from integrations.his.services import keep_refusals, tell_his


def _tell(delivery: Delivery) -> None:
    noun, _dot, verb = delivery.topic.partition(".")
    tell_his(noun=noun, order_id=int(delivery.payload["order_id"]), verb=verb, fact=delivery.event_id)


@subscribe("medication_request.placed", queue="sync")
def tell_medicine_placed(delivery: Delivery) -> None:
    """NW."""
    _tell(delivery)


@subscribe("medication_request.held", queue="sync")
def tell_medicine_held(delivery: Delivery) -> None:
    """HD."""
    _tell(delivery)


@subscribe("medication_request.resumed", queue="sync")
def tell_medicine_resumed(delivery: Delivery) -> None:
    """RL."""
    _tell(delivery)


@subscribe("medication_request.revoked", queue="sync")
def tell_medicine_revoked(delivery: Delivery) -> None:
    """CA."""
    _tell(delivery)


@subscribe("medication_request.entered_in_error", queue="sync")
def tell_medicine_in_error(delivery: Delivery) -> None:
    """CA: it never should have been."""
    _tell(delivery)


@subscribe("service_request.placed", queue="sync")
def tell_service_placed(delivery: Delivery) -> None:
    """NW."""
    _tell(delivery)


@subscribe("service_request.held", queue="sync")
def tell_service_held(delivery: Delivery) -> None:
    """HD."""
    _tell(delivery)


@subscribe("service_request.resumed", queue="sync")
def tell_service_resumed(delivery: Delivery) -> None:
    """RL."""
    _tell(delivery)


@subscribe("service_request.revoked", queue="sync")
def tell_service_revoked(delivery: Delivery) -> None:
    """CA."""
    _tell(delivery)


@subscribe("service_request.entered_in_error", queue="sync")
def tell_service_in_error(delivery: Delivery) -> None:
    """CA: it never should have been."""
    _tell(delivery)


@subscribe("hl7_message.answered", queue="sync")
def read_answer(delivery: Delivery) -> None:
    """The HIS has said whether it takes the order."""
    keep_refusals(message_id=int(delivery.payload["message_id"]))
