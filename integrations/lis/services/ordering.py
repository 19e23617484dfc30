"""Orders to the laboratory's and the radiology's system: placed, held, released, stopped, each told once."""

from django.utils.translation import gettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import YesNo, declare
from emr.common.clock import now
from emr.outbox import Later, is_owed
from encounters.orders.models import ServiceRequest
from encounters.specimens.models import Specimen
from integrations.hl7v2.delivering import control_id
from integrations.lis.building import CANCEL, CHANGED, HOLD, NEW, RELEASE, build_order
from integrations.transport.models import Channel
from integrations.transport.selectors import outgoing_channels
from integrations.transport.sending import about_key, send

FORWARDS = "lis_forwards_his_orders"
declare(
    YesNo(
        name=FORWARDS,
        room="lis",
        label=gettext_lazy(
            "Orders that came from the HIS are passed on to the laboratory's and radiology's systems"
        ),
        help=gettext_lazy("Only where the HIS doesn't tell them itself: else every test is ordered twice."),
        default=False,
    )
)
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
    """What a neighbour performs, as its channel says: laboratory tests, images, or both; the HIS the room `his` tells."""
    return {
        Channel.Performs.LABORATORY.value: {LABORATORY.value},
        Channel.Performs.IMAGING.value: {IMAGING.value},
        Channel.Performs.MONITORS.value: set(),
        Channel.Performs.HIS.value: set(),
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
    if order.origin and not facility_setting(order.facility_id, FORWARDS):
        return 0  # whoever keeps the order has told its performer
    control = _VERBS[verb]
    if control == NEW and order.is_ended:
        return 0
    if control in {HOLD, RELEASE} and is_owed("service_request.placed", f"encounter:{order.encounter_id}"):
        raise Later
    return _tell_neighbours(order, control, ("order", fact))


def tell_collected(*, specimen_id: int, fact: int) -> int:
    """Tell who performs the tube's tests when it was collected; returns how many messages were queued.

    Raises Later where the order itself is still to be announced: a status of an unknown order helps nobody.
    """
    specimen = Specimen.objects.get(pk=specimen_id)
    if is_owed("service_request.placed", f"encounter:{specimen.encounter_id}"):
        raise Later
    current = specimen.tests.filter(is_current=True).select_related(
        "request__patient", "request__encounter", "request__facility", "request__requester"
    )
    if specimen.collected_at is None:
        return 0
    return sum(
        _tell_neighbours(test.request, CHANGED, ("specimen", fact, test.request_id), specimen)
        for test in current
    )


def _tell_neighbours(
    order: ServiceRequest, control: str, key: tuple[object, ...], specimen: Specimen | None = None
) -> int:
    """Queue one message for each neighbour; a change for those alone who were told of the order."""
    count = 0
    for channel, structure in _neighbours(order):
        if control != NEW and not channel.messages.filter(about=about_key(order)).exists():
            continue
        number = control_id(*key, channel.pk)
        raw = build_order(
            order, channel, control=control, number=number, at=now(), structure=structure, specimen=specimen
        )
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
