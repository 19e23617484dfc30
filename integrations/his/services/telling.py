"""Our orders to the HIS: each change told once, in its codes."""

from django.utils.translation import gettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import YesNo, declare
from emr.common.clock import now
from emr.common.masters import order_matter
from emr.outbox import Later, is_owed
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.services import category_of
from integrations.his.building import CANCEL, CHILD, HOLD, NEW, RELEASE, build_order
from integrations.his.selectors import Keeper, his_channels, is_of_the_his, keeper_of
from integrations.hl7v2.delivering import control_id
from integrations.transport.models import Channel
from integrations.transport.sending import about_key, send

TELLS_REFLEXES = "his_told_of_reflexes"
declare(
    YesNo(
        name=TELLS_REFLEXES,
        room="his",
        label=gettext_lazy("Tests that the laboratory added are told to the HIS"),
        help=gettext_lazy(
            "As children (ORC-1 CH) of the order that they follow, with the laboratory's number."
            " Only where the HIS doesn't order them with the laboratory again."
        ),
        default=False,
    )
)
_VERBS = {"placed": NEW, "held": HOLD, "resumed": RELEASE, "revoked": CANCEL, "entered_in_error": CANCEL}
# In the order of preference, where a channel takes several.
_STRUCTURES = {"medication_request": ("RDE^O11", "ORM^O01"), "service_request": ("OML^O21", "ORM^O01")}
_MODELS: dict[str, type[MedicationRequest] | type[ServiceRequest]] = {
    "medication_request": MedicationRequest,
    "service_request": ServiceRequest,
}


def tell_his(*, noun: str, order_id: int, verb: str, fact: int) -> int:
    """Queue what the order's change means for the HIS; returns how many channels were told.

    `noun` is "medication_request" or "service_request", `fact` the number of the delivery: told twice is told once. What the
    HIS keeps itself is never told back to it; a change is told to those alone who were told of the order. Raises Later
    where the announcement itself is still to come.
    """
    order = (
        _MODELS[noun]
        .objects.select_related("patient", "encounter", "entry", "facility", "requester", "confirmed_by")
        .get(pk=order_id)
    )
    control = _VERBS[verb]
    is_reflex = _is_reflex(order)
    if (order.origin and not is_reflex) or (control == NEW and order.is_ended and not is_reflex):
        return 0
    if is_reflex and control == NEW:
        control = CHILD
    channels = [
        (channel, structure)
        for channel in his_channels(order.facility_id)
        if (structure := next((s for s in _STRUCTURES[noun] if channel.takes(s)), ""))
    ]
    if not channels:
        return 0
    if control == NEW and keeper_of(order.facility_id, order_matter(category_of(order))) == Keeper.HIS:
        return 0  # confirmed in the very minute in which the master changed: its entry names it, the HIS has its own
    if control in {HOLD, RELEASE} and is_owed(f"{noun}.placed", f"encounter:{order.encounter_id}"):
        raise Later
    return sum(_tell(order, channel, structure, control, fact) for channel, structure in channels)


def _is_reflex(order: MedicationRequest | ServiceRequest) -> bool:
    """A test that the laboratory added to an order, where the HIS is to hear of those."""
    if not isinstance(order, ServiceRequest) or order.reflex_of_id is None or is_of_the_his(order):
        return False
    return bool(facility_setting(order.facility_id, TELLS_REFLEXES))


def _tell(
    order: MedicationRequest | ServiceRequest, channel: Channel, structure: str, control: str, fact: int
) -> int:
    if control not in {NEW, CHILD} and not channel.messages.filter(about=about_key(order)).exists():
        return 0
    number = control_id("his-order", fact, channel.pk)
    raw = build_order(order, channel, control=control, number=number, at=now(), structure=structure)
    sent = send(
        channel,
        raw=raw,
        control_id=number,
        message_type=structure,
        patient_number=f"patient:{order.patient.root_id}",
        about=order,
    )
    return int(sent is not None)
