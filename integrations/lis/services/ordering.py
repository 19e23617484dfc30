"""Orders to the laboratory's and the radiology's system: placed, held, released, stopped, each told once."""

from emr.common.clock import now
from emr.outbox import Later, is_owed
from encounters.orders.models import ServiceRequest
from integrations.hl7v2.delivering import control_id
from integrations.lis.building import CANCEL, HOLD, NEW, RELEASE, build_order
from integrations.transport.models import Channel
from integrations.transport.selectors import outgoing_channels
from integrations.transport.sending import about_key, send

LABORATORY, IMAGING = ServiceRequest.Category.LABORATORY, ServiceRequest.Category.IMAGING
# In the order of preference, where a channel takes both.
_STRUCTURES = ("OML^O21", "ORM^O01")
_VERBS = {
    "placed": NEW,
    "held": HOLD,
    "resumed": RELEASE,
    "revoked": CANCEL,
    "entered_in_error": CANCEL,
}


def kinds_of(channel: Channel) -> set[str]:
    """What a neighbour performs, as its channel says: laboratory tests, images, or both."""
    return {
        Channel.Performs.LABORATORY.value: {LABORATORY.value},
        Channel.Performs.IMAGING.value: {IMAGING.value},
    }.get(channel.performs, {LABORATORY.value, IMAGING.value})


def tell_order(*, order_id: int, verb: str, fact: int) -> int:
    """Queue what the order's change means for each neighbour that performs its kind; returns how many were told.

    `fact` is the number of the delivery: told twice is told once. An order that was stopped before it went out isn't
    announced any more, and a change is told to those alone who were told of the order. Raises Later where the
    announcement itself is still to come.
    """
    order = ServiceRequest.objects.select_related("patient", "encounter", "facility", "requester").get(
        pk=order_id
    )
    if order.category not in {LABORATORY, IMAGING}:
        return 0
    control = _VERBS[verb]
    if control == NEW and order.is_ended:
        return 0
    if control in {HOLD, RELEASE} and is_owed("service_request.placed", f"encounter:{order.encounter_id}"):
        raise Later
    count = 0
    for channel, structure in _neighbours(order):
        if control != NEW and not channel.messages.filter(about=about_key(order)).exists():
            continue
        number = control_id("order", fact, channel.pk)
        raw = build_order(order, channel, control=control, number=number, at=now(), structure=structure)
        sent = send(
            channel,
            raw=raw,
            control_id=number,
            message_type=structure,
            patient_number=f"patient:{order.patient.root_id}",
            about=order,
        )
        count += sent is not None
    return count


def _neighbours(order: ServiceRequest) -> list[tuple[Channel, str]]:
    told: dict[int, tuple[Channel, str]] = {}
    for structure in _STRUCTURES:
        for channel in outgoing_channels(order.facility_id, structure):
            if order.category in kinds_of(channel):
                told.setdefault(channel.pk, (channel, structure))
    return list(told.values())
