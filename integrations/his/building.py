"""Our orders as the HIS is told them: RDE^O11 for medicines, OML^O21 for services, ORM^O01 where the HIS takes that alone.

HL7 v2.5.1 §4.13.6 (RDE_O11), §4.4.6 (OML_O21), §4.4.1 (ORM_O01). Codes are the HIS's where somebody mapped them, with ours
beside them; else ours.
"""

from datetime import datetime, timedelta

from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.wording import number_text, regimen_words
from integrations.his.selectors import is_of_the_his
from integrations.hl7v2.building import FieldContent, build_message, build_segment
from integrations.hl7v2.delivering import header_fields
from integrations.hl7v2.order_building import (
    coded_field,
    patient_segment,
    service_field,
    staff_field,
    visit_segment,
)
from integrations.hl7v2.timestamps import write_timestamp
from integrations.transport.models import Channel
from integrations.transport.selectors import theirs

AnyOrder = MedicationRequest | ServiceRequest
NEW, CANCEL, HOLD, RELEASE = "NW", "CA", "HD", "RL"
# A test that its performer added: a child of the order that it follows (table 0119), generated (table 0065).
CHILD, _GENERATED = "CH", "G"
_PRIORITIES = {"routine": "R", "urgent": "A", "stat": "S"}
_STATES = {CANCEL: "CA", HOLD: "HD"}
_SECTIONS = {
    "laboratory": "LAB",
    "imaging": "RAD",
    "procedure": "PRC",
    "care-level": "NRS",
    "monitoring": "ICU",
}
_PATTERNS = {1: "QD", 2: "BID", 3: "TID", 4: "QID"}


def build_order(
    order: AnyOrder, channel: Channel, *, control: str, number: str, at: datetime, structure: str
) -> bytes:
    """The message for one order; `control` is ORC-1, `number` MSH-10, `structure` RDE^O11, OML^O21 or ORM^O01."""
    kind, event = structure.split("^")
    msh = header_fields(channel, kind=[kind, event, f"{kind}_{event}"], control_id=number, at=at)
    timing = _old_timing(order) if structure.startswith("ORM") else None
    doctor = staff_field(order.confirmed_by or order.requester, channel)
    segments = [
        patient_segment(order.patient),
        visit_segment(order, channel),
        _orc(order, control, at, timing, doctor),
    ]
    if isinstance(order, MedicationRequest):
        segments += _medicine(order, channel, structure)
    else:
        segments += _service(order, channel, structure, doctor)
    return build_message(msh, *segments)


def _orc(order: AnyOrder, control: str, at: datetime, timing: FieldContent, doctor: FieldContent) -> str:
    reason = [None, order.status_reason] if order.status_reason and control != NEW else None
    parent, filler = _parent(order), _filler(order)
    return build_segment(
        "ORC", control, order.placer_number, filler, None, _STATES.get(control), None, timing, parent,
        write_timestamp(order.confirmed_at or at), None, None, doctor,
        None, None, None, reason,
    )  # fmt: skip


def _parent(order: AnyOrder) -> FieldContent:
    """EIP: the order that a reflex test follows, by its placer's number; the HIS's own where it placed that one."""
    root = order.reflex_of if isinstance(order, ServiceRequest) else None
    if root is None:
        return None
    return [root.origin_number if is_of_the_his(root) else root.placer_number]


def _filler(order: AnyOrder) -> FieldContent:
    """The number that the laboratory gave a test which it added."""
    if not isinstance(order, ServiceRequest) or order.reflex_of_id is None:
        return None
    return [order.origin_number.split("|")[0] or None, order.origin or None]


def _ends_at(order: AnyOrder) -> datetime:
    return order.happens_at + timedelta(days=order.days)


def _pattern(order: MedicationRequest) -> str:
    if order.occurrence_at is not None:
        return "ONCE"
    often = _PATTERNS.get(order.times_per_day or 0) or (
        f"{order.times_per_day}ID" if order.times_per_day else ""
    )
    return f"PRN{often}" if order.as_needed else often


def _timing(order: MedicationRequest) -> str:
    starts = order.occurrence_at or order.happens_at
    times: FieldContent = [[time.replace(":", "")] for time in order.times] or None
    return build_segment(
        "TQ1", "1", None, [_pattern(order)], times, None, [str(order.days), "d"], write_timestamp(starts),
        write_timestamp(_ends_at(order)), _PRIORITIES[order.priority], order.as_needed_for or None,
    )  # fmt: skip


def _old_timing(order: AnyOrder) -> FieldContent:
    """ORC-7 (TQ): pattern, days, begin, end, priority."""
    if not isinstance(order, MedicationRequest):
        return [None, None, None, None, None, _PRIORITIES[order.priority]]
    starts = order.occurrence_at or order.happens_at
    return [
        None, _pattern(order), f"D{order.days}", write_timestamp(starts), write_timestamp(_ends_at(order)),
        _PRIORITIES[order.priority], order.as_needed_for or None,
    ]  # fmt: skip


def _medicine(order: MedicationRequest, channel: Channel, structure: str) -> list[str]:
    """TQ1, RXE (or RXO of an ORM), NTE, RXR; RXE-40 says from whose stock it is."""
    unit = theirs(channel, "unit", [order.dose_unit]).get(order.dose_unit, order.dose_unit)
    give, amount = coded_field(channel, "medicine", order), number_text(order.dose).replace(",", ".")
    notes = [build_segment("NTE", str(n), "P", text) for n, text in enumerate(_words(order), 1)]
    route = build_segment("RXR", [order.route])
    if structure.startswith("ORM"):  # ORM_O01 has no place for TQ1 and RXR: ORC-7, and a note
        how = build_segment("NTE", str(len(notes) + 1), "P", order.route)
        return [build_segment("RXO", give, amount, None, [unit]), *notes, how]
    stock = [order.supply, str(order.get_supply_display()), "L"]
    rxe = build_segment(
        "RXE", None, give, amount, None, [unit], *[None] * 17, order.rate or None, *[None] * 16, stock
    )
    return [rxe, *notes, _timing(order), route]


def _words(order: MedicationRequest) -> list[str]:
    """What a pharmacist reads beside dose and time."""
    said = [order.note, order.diluent, str(order.get_meal_display() or ""), *regimen_words(order)]
    return [text for text in said if text]


def _service(order: ServiceRequest, channel: Channel, structure: str, doctor: FieldContent) -> list[str]:
    is_oml = structure.startswith("OML")
    priority = None if is_oml else _PRIORITIES[order.priority]
    obr = build_segment(
        "OBR", "1", order.placer_number, _filler(order), service_field(order, channel), priority,
        *[None] * 5, _GENERATED if order.reflex_of_id else None, None, order.clinical_question or None, None, None,
        doctor, None, order.accession_number or None, *[None] * 5, _SECTIONS.get(order.category), *[None] * 4,
        _parent(order),
    )  # fmt: skip
    notes = [
        build_segment("NTE", str(n), "P", text)
        for n, text in enumerate([t for t in (order.frequency, order.note) if t], 1)
    ]
    if not is_oml:
        return [obr, *notes]
    return [build_segment("TQ1", "1", *[None] * 7, _PRIORITIES[order.priority]), obr, *notes]
