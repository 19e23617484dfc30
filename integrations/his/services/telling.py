"""Our orders to the HIS: each change told once, in its codes."""

from emr.common.clock import now
from emr.common.masters import order_matter
from emr.outbox import Later, is_owed
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.services import category_of
from integrations.his.building import CANCEL, HOLD, NEW, RELEASE, build_order
from integrations.his.selectors import Keeper, his_channels, keeper_of
from integrations.hl7v2.delivering import control_id
from integrations.transport.models import Channel
from integrations.transport.sending import about_key, send

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
    if order.origin or (control == NEW and order.is_ended):
        return 0
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


def _tell(
    order: MedicationRequest | ServiceRequest, channel: Channel, structure: str, control: str, fact: int
) -> int:
    if control != NEW and not channel.messages.filter(about=about_key(order)).exists():
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
