"""A row of the HIS's view onto the record: what differs between the row and the record happens, as messages would say it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from encounters.orders.models import Order
from encounters.visits.models import Encounter
from integrations.his.models import Freshness, HisOrder
from integrations.his.order_reading import orders_in
from integrations.his.reading import Adt, adt_in
from integrations.his.rows import HisRow, adt_of, is_inpatient, order_of, status_of
from integrations.his.services.applying import apply_read
from integrations.his.services.freshness import is_news
from integrations.his.services.orders import apply_read_orders
from integrations.his.services.places import find_place
from integrations.his.services.stays import DISCHARGE, LOCATION, find_stay
from integrations.hl7v2.identifying import find_patient, read_numbers
from integrations.hl7v2.inbox import Applied
from integrations.transport.models import Message
from integrations.transport.rows import read_row
from patients.registry.models import Patient

Remarks = list[tuple[str, dict[str, object]]]


def apply_row(message: Message) -> Applied:
    """One row: a patient's, a stay's, an order's. Raises CannotApply, NotYet, Hl7Error, DomainError."""
    row = HisRow(message)
    if row.kind == "order":
        return _apply_order(row)
    remarks: Remarks = []
    if row.kind == "patient":
        changed = _tell(row, "A31", remarks)
    elif row.is_set("cancelled"):
        changed = _cancel(row, remarks)
    else:
        changed = _bring_up_to_date(row, remarks)
    return Applied(changed, remarks)


def _adt(row: HisRow, event: str, *, at: datetime | None = None) -> Adt:
    return adt_in(row.message, adt_of(row, event, at=at or row.changed_at))


def _tell(row: HisRow, event: str, remarks: Remarks, *, at: datetime | None = None) -> bool:
    """Let the event happen; what it left undone is remarked on once."""
    adt = _adt(row, event, at=at)
    changed, _waits = apply_read(adt)
    remarks += [remark for remark in adt.remarks if remark not in remarks]
    return changed


def _stay(row: HisRow) -> tuple[Adt, Patient | None, Encounter | None]:
    adt = _adt(row, "A08")
    patient = find_patient(adt.channel, read_numbers(adt.channel, adt.pid.patient_identifier_list))
    return adt, patient, find_stay(adt, patient) if patient is not None else None


def _cancel(row: HisRow, remarks: Remarks) -> bool:
    """A stay that never came here needs no cancelling."""
    _adt_of_it, _patient, stay = _stay(row)
    return stay is not None and _tell(row, "A11", remarks)


def _bring_up_to_date(row: HisRow, remarks: Remarks) -> bool:
    """Admitted or seen where it isn't known; then its place; then its end, told or taken back."""
    _adt_before, _patient, stay = _stay(row)
    if stay is not None and not stay.is_open:
        changed = _tell(row, "A31", remarks)
    else:
        changed = _tell(row, "A01" if is_inpatient(row) else "A04", remarks)
    adt, patient, stay = _stay(row)
    if patient is None or stay is None:
        return changed  # whoever keeps admissions here didn't admit
    moment = row.instant("moved") or adt.happened_at
    if stay.is_open and _is_elsewhere(adt, stay, moment):
        changed |= _tell(row, "A02", remarks, at=moment)
        stay.refresh_from_db()
    if row.text("ended") and stay.is_open:
        changed |= _tell(row, "A03", remarks)
    elif row.has("ended") and not row.text("ended") and _was_ended_by_rows(stay, adt.happened_at):
        changed |= _tell(row, "A13", remarks)
    return changed


def _is_elsewhere(adt: Adt, stay: Encounter, at: datetime) -> bool:
    """Whether the row names another department, or another bed, than the newest that is known."""
    if not is_news(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, at) or at < stay.begins_at:
        return False
    place = find_place(adt, adt.pv1.assigned_patient_location)
    now_in = stay.locations.filter(ends_at=None, cancelled_at=None).order_by("-starts_at").first()
    if now_in is None:
        return False
    if (place.department, place.department_as_sent) != (now_in.department, now_in.department_as_sent):
        return True
    return place.bed is not None and place.bed != now_in.location


def _was_ended_by_rows(stay: Encounter, at: datetime) -> bool:
    """Only an end that the HIS itself has told of is taken back by its silence, and only by a newer one."""
    told = Freshness.objects.filter(
        subject=Freshness.Subject.ENCOUNTER, subject_id=stay.pk, group=DISCHARGE, happened_at__lt=at
    )
    return stay.status == Encounter.Status.FINISHED and told.exists()


def _apply_order(row: HisRow) -> Applied:
    """The order placed, changed, held, released, cancelled or done, so that it stands as the row says."""
    number, channel = row.text("number"), row.message.channel
    known = (
        HisOrder.objects.filter(
            facility=channel.facility_id, system=channel.sending_application, number=number[:75]
        )
        .select_related("medication", "service", "message")
        .first()
    )
    controls = _controls(
        status_of(row), known, is_same=known is not None and _says_the_same(row, known.message)
    )
    if not controls:
        return Applied(False)
    return apply_read_orders(orders_in(row.message, order_of(row, controls)))


def _says_the_same(row: HisRow, former: Message) -> bool:
    """Whether the row that the order was last placed by differs in its status alone: then it isn't placed again."""
    try:
        before = read_row(bytes(former.raw))
    except ValueError:  # a message of HL7, or emptied since
        return False
    return _content(before.values) == _content(row.content.values)


def _content(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in {"status", "reason"}}


def _controls(status: str, known: HisOrder | None, *, is_same: bool) -> list[tuple[str, str | None]]:
    """ORC-1 and ORC-5 of what has to be said."""
    order = known and (known.medication or known.service)
    placed: list[tuple[str, str | None]] = [] if is_same else [("NW", None)]
    if status == "cancelled":
        return [("CA", None)] if order else []  # placed and cancelled between two looks
    if status == "held":
        return [*placed, ("HD", None)]
    if status == "done":
        return [*placed, ("SC", "CM")]
    return [*placed, *([("RL", None)] if order and order.status == Order.Status.ON_HOLD else [])]
