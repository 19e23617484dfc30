"""Our stays as the HIS is told them: ADT of HL7 v2.5.1, chapter 3 (A01 to A04, A08, A11 to A13)."""

from datetime import datetime

from encounters.visits import codes
from encounters.visits.models import Condition, Encounter, EncounterLocation
from integrations.hl7v2.building import FieldContent, build_message, build_segment
from integrations.hl7v2.delivering import header_fields
from integrations.hl7v2.order_building import patient_segment, place_field, staff_field
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel

ADMIT, TRANSFER, DISCHARGE, REGISTER, UPDATE = "A01", "A02", "A03", "A04", "A08"
CANCEL, CANCEL_TRANSFER, CANCEL_DISCHARGE = "A11", "A12", "A13"
# MSH-9.3, table 0354.
_STRUCTURES = {
    ADMIT: "ADT_A01", TRANSFER: "ADT_A02", DISCHARGE: "ADT_A03", REGISTER: "ADT_A01", UPDATE: "ADT_A01", CANCEL: "ADT_A09",
    CANCEL_TRANSFER: "ADT_A12", CANCEL_DISCHARGE: "ADT_A01",
}  # fmt: skip
_CLASSES = {"IMP": "I", "AMB": "O", "EMER": "E"}
# PV1-36 as MA_LOAI_RV counts it; who died is told by 20.
_DISPOSITIONS = {
    "home": "1",
    "transfer": "2",
    "absconded": "3",
    "on-request": "4",
    "transfer-on-request": "5",
}
_DIED = "20"
_ROLES = {
    codes.DiagnosisRole.ADMISSION: "A",
    codes.DiagnosisRole.DISCHARGE_MAIN: "F",
    codes.DiagnosisRole.DISCHARGE_SECONDARY: "F",
}
_TELLS_DIAGNOSES = {ADMIT, DISCHARGE, REGISTER, UPDATE}


def build_stay(stay: Encounter, channel: Channel, *, event: str, number: str, at: datetime) -> bytes:
    """The message for one event of a stay; `number` is MSH-10, `at` when it is said."""
    places = list(
        EncounterLocation.objects.filter(encounter=stay, cancelled_at=None)
        .select_related("department", "location")
        .order_by("starts_at", "pk")
    )
    msh = header_fields(channel, kind=["ADT", event, _STRUCTURES[event]], control_id=number, at=at)
    happened = write_timestamp(_happened_at(stay, places, event, at))
    segments = [
        build_segment("EVN", event, write_timestamp(at), None, None, None, happened),
        patient_segment(stay.patient),
        _visit(stay, places, event, channel),
    ]
    if event in _TELLS_DIAGNOSES:
        segments += _diagnoses(stay)
    return build_message(msh, *segments)


def _happened_at(stay: Encounter, places: list[EncounterLocation], event: str, at: datetime) -> datetime:
    """EVN-6: when it happened, not when it was typed; what is taken back or corrected happens when that is said."""
    if event in {ADMIT, REGISTER}:
        return stay.admitted_at or stay.started_at
    if event == TRANSFER and places:
        return places[-1].starts_at
    return stay.ended_at if event == DISCHARGE and stay.ended_at else at


def _where(stay: Encounter, place: EncounterLocation | None, channel: Channel) -> FieldContent:
    """PL: department, room, bed."""
    department = place.department if place and place.department else stay.department
    bed = place.location if place else None
    room = bed.parent.code if bed and bed.parent else None
    return place_field(department, bed, channel, room=room)


def _visit(stay: Encounter, places: list[EncounterLocation], event: str, channel: Channel) -> str:
    present = places[-1] if places else None
    prior = places[-2] if event == TRANSFER and len(places) > 1 else None
    if event == CANCEL_TRANSFER:  # PV1-3 is where the patient is after all, PV1-6 where they never went
        prior = (
            EncounterLocation.objects.filter(encounter=stay, cancelled_at__isnull=False)
            .select_related("department", "location__parent")
            .order_by("-cancelled_at", "-pk")
            .first()
        )
    doctor = (
        stay.participants.filter(role=codes.ParticipantRole.ATTENDING, ends_at=None)
        .select_related("practitioner")
        .first()
    )
    ended = event == DISCHARGE and stay.ended_at is not None
    died = ended and stay.outcome == codes.Outcome.DIED
    left = (_DIED if died else _DISPOSITIONS.get(stay.disposition)) if ended else None
    began = stay.admitted_at or stay.started_at
    return build_segment(
        "PV1", "1", _CLASSES.get(stay.encounter_class, "I"), _where(stay, present, channel), None, None,
        _where(stay, prior, channel) if prior else None,
        staff_field(doctor.practitioner if doctor else None, channel), *[None] * 11,
        [stay.identifier, None, None, f"BV{stay.facility.code}", "VN"], *[None] * 16, left, *[None] * 7,
        write_timestamp(began), write_timestamp(stay.ended_at) if ended and stay.ended_at else None,
    )  # fmt: skip


def _diagnoses(stay: Encounter) -> list[str]:
    """DG1 of what stands: admission A, discharge F, else W; the main one is 1."""
    rows = Condition.objects.filter(encounter=stay, status=Condition.Status.CONFIRMED).order_by("pk")
    return [
        build_segment(
            "DG1", str(index), None, [row.code or None, row.text, "I10" if row.code else "L"], None, None,
            _ROLES.get(codes.DiagnosisRole(row.role), "W"), *[None] * 8,
            "2" if row.role == codes.DiagnosisRole.DISCHARGE_SECONDARY else "1",
        )
        for index, row in enumerate(rows, start=1)
    ]  # fmt: skip
