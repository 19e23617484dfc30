"""Our stays to the HIS where the EMR keeps them: each fact told once, never back to whose message set it going."""

from emr.common.clock import now
from emr.common.context import acting
from emr.common.masters import MOVEMENT
from encounters.visits.models import Encounter
from integrations.his.models import Freshness
from integrations.his.selectors import Keeper, his_channels, keeper_of
from integrations.his.stay_building import (
    ADMIT,
    CANCEL,
    CANCEL_DISCHARGE,
    CANCEL_TRANSFER,
    DISCHARGE,
    REGISTER,
    TRANSFER,
    UPDATE,
    build_stay,
)
from integrations.hl7v2.delivering import control_id
from integrations.transport.models import Channel
from integrations.transport.sending import about_key, send

_EVENTS = {
    "started": REGISTER, "admitted": ADMIT, "transferred": TRANSFER, "bed_changed": TRANSFER, "discharged": DISCHARGE,
    "transfer_cancelled": CANCEL_TRANSFER, "discharge_cancelled": CANCEL_DISCHARGE, "admission_cancelled": CANCEL,
    "visit_cancelled": CANCEL, "updated": UPDATE,
}  # fmt: skip
# The list that the HIS handed over before the first day is no news to it.
_FIRST_LOAD = "first-load:"


def tell_stay(*, verb: str, encounter_id: int, fact: int) -> int:
    """Queue what the fact means for the HIS; returns how many messages were queued.

    `verb` is the fact's ("admitted"), `fact` the number of its delivery: told twice is told once. A stay that the HIS can't
    know is announced first, and one that it can't know isn't cancelled.
    """
    stay = Encounter.objects.select_related("patient__merged_into", "facility", "department").get(
        pk=encounter_id
    )
    channels = his_channels(stay.facility_id)
    if not channels or acting().origin.startswith(_FIRST_LOAD):
        return 0
    if keeper_of(stay.facility_id, MOVEMENT) != Keeper.EMR:
        return 0
    return sum(_tell(stay, channel, _EVENTS[verb], fact) for channel in channels)


def _tell(stay: Encounter, channel: Channel, event: str, fact: int) -> int:
    events = [event]
    if event not in {ADMIT, REGISTER} and not _is_known(stay, channel):
        if event == CANCEL or stay.status == Encounter.Status.ENTERED_IN_ERROR:
            return 0
        events = [ADMIT if stay.is_inpatient else REGISTER, event]
    return sum(_send(stay, channel, one, fact) for one in events if channel.takes(f"ADT^{one}"))


def _is_known(stay: Encounter, channel: Channel) -> bool:
    """Whether the HIS was told of the stay, or has itself told of it."""
    if channel.messages.filter(about=about_key(stay)).exists():
        return True
    return Freshness.objects.filter(subject=Freshness.Subject.ENCOUNTER, subject_id=stay.pk).exists()


def _send(stay: Encounter, channel: Channel, event: str, fact: int) -> int:
    number = control_id("his-stay", fact, event, channel.pk)
    sent = send(
        channel,
        raw=build_stay(stay, channel, event=event, number=number, at=now()),
        control_id=number,
        message_type=f"ADT^{event}",
        patient_number=f"patient:{stay.patient.root_id}",
        about=stay,
    )
    return int(sent is not None)
