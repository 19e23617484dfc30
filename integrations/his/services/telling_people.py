"""Our patients to the HIS where the EMR keeps who they are: each change told once, never back to who caused it."""

from emr.common.clock import now
from emr.common.context import acting
from emr.common.masters import ALLERGIES
from integrations.his.models import Freshness
from integrations.his.person_building import UPDATE_PERSON, build_person
from integrations.his.selectors import Keeper, his_channels, keeper_of
from integrations.hl7v2.delivering import control_id
from integrations.transport.models import Channel
from integrations.transport.sending import about_key, send
from patients.registry.access import same_person_ids
from patients.registry.models import Patient

_FIRST_LOAD = "first-load:"


def tell_person(*, matter: str, patient_id: int, fact: int) -> int:
    """Queue A31 for the HIS; returns how many messages were queued.

    `matter` is what changed, demographics or allergies: told where the EMR keeps it, `fact` the number of the delivery: told
    twice is told once. Of somebody whom the HIS can't know nothing is told: their first stay or order will.
    """
    patient = Patient.objects.select_related("merged_into", "facility").get(pk=patient_id)
    channels = [c for c in his_channels(patient.facility_id) if c.takes(f"ADT^{UPDATE_PERSON}")]
    if not channels or acting().origin.startswith(_FIRST_LOAD):
        return 0
    if keeper_of(patient.facility_id, matter) != Keeper.EMR:
        return 0
    return sum(_tell(patient, channel, fact) for channel in channels if _is_known(patient, channel))


def _is_known(patient: Patient, channel: Channel) -> bool:
    """Whether the HIS has told of the person, or was told."""
    told = Freshness.objects.filter(
        subject=Freshness.Subject.PATIENT, subject_id__in=same_person_ids(patient)
    )
    return told.exists() or channel.messages.filter(patient_number=_lane(patient)).exists()


def _lane(patient: Patient) -> str:
    return f"patient:{patient.root_id}"


def _is_said(patient: Patient, channel: Channel, raw: bytes) -> bool:
    """Whether the last one said the same of the person: what changed then is nothing that the HIS is told."""
    told = channel.messages.filter(about=about_key(patient.merged_into or patient), emptied_at=None)
    last = told.order_by("-pk").first()
    return last is not None and _content(bytes(last.raw)) == _content(raw)


def _content(raw: bytes) -> list[bytes]:
    return [line for line in raw.split(b"\r") if line[:3] not in {b"MSH", b"EVN"}]


def _tell(patient: Patient, channel: Channel, fact: int) -> int:
    number = control_id("his-person", fact, channel.pk)
    keeps_allergies = keeper_of(patient.facility_id, ALLERGIES) == Keeper.EMR
    raw = build_person(patient, channel, number=number, at=now(), with_allergies=keeps_allergies)
    if _is_said(patient, channel, raw):
        return 0
    sent = send(
        channel,
        raw=raw,
        control_id=number,
        message_type=f"ADT^{UPDATE_PERSON}",
        patient_number=_lane(patient),
        about=patient.merged_into or patient,
    )
    return int(sent is not None)
