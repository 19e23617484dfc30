"""Verbs of orders: written on a draft entry, in effect when the doctor confirms, then held, resumed, stopped."""

from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from emr.staff.selectors.practice import demand_practice
from encounters.documents.models import Document, DocumentDraft
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.permissions import PLACE

ORDER_MODELS: tuple[type[MedicationRequest], type[ServiceRequest]] = (MedicationRequest, ServiceRequest)
_OPEN = [Order.Status.ACTIVE, Order.Status.ON_HOLD]
# What stays in force from day to day and is carried on with yesterday's entry; tests and images are asked for anew.
_CARRIED_ON = {
    ServiceRequest.Category.DIET,
    ServiceRequest.Category.CARE_LEVEL,
    ServiceRequest.Category.MONITORING,
}


class Medication(TypedDict, total=False):
    """Fields of a medicine's line."""

    code: str
    text: str
    ingredient: str
    route: str
    dose: Any
    dose_unit: str
    times_per_day: int | None
    times: list[str]
    rate: str
    diluent: str
    as_needed: bool
    as_needed_for: str
    supply: str
    day_number: int | None
    days: int
    note: str


class Service(TypedDict, total=False):
    """Fields of a service's line."""

    category: str
    code: str
    text: str
    priority: str
    frequency: str
    clinical_question: str
    days: int
    note: str


def _writable(entry: Document) -> Document:
    """The entry, locked against being confirmed at the same moment; raises Conflict when it is no draft."""
    entry = Document.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if not DocumentDraft.objects.filter(document=entry).exists():
        raise Conflict(_("The entry is confirmed: orders can only be added to a draft."), code="finished")
    return entry


def _next_position(entry: Document) -> int:
    highest = [
        model.objects.filter(entry=entry).aggregate(last=Max("position"))["last"] or 0
        for model in ORDER_MODELS
    ]
    return int(max(highest)) + 1


def _save_line(order: MedicationRequest | ServiceRequest) -> None:
    try:
        order.full_clean(
            exclude=["patient", "encounter", "entry", "facility", "requester"], validate_constraints=False
        )
        with transaction.atomic():
            order.save()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(" ".join(messages), code="invalid", field=field) from error
    except IntegrityError as error:
        if "one_open_request" in str(error):
            raise DomainError(
                _("%(text)s is already ordered here.") % {"text": order.text}, code="duplicate"
            ) from error
        if "how_often" in str(error):
            raise DomainError(
                _("Say how many times a day."), code="invalid", field="times_per_day"
            ) from error
        if "for_what" in str(error):
            raise DomainError(
                _("Say what it is needed for."), code="invalid", field="as_needed_for"
            ) from error
        raise


@transaction.atomic
def add_medication(*, entry: Document, by: User, **line: Unpack[Medication]) -> MedicationRequest:
    """Write a medicine on a draft entry. Raises DomainError naming the field, Conflict when the entry is confirmed."""
    entry = _writable(entry)
    order = MedicationRequest(**_place(entry, by), **line)
    _save_line(order)
    record("medication_request.draft", by=by, of=order)
    return order


@transaction.atomic
def add_service(*, entry: Document, by: User, **line: Unpack[Service]) -> ServiceRequest:
    """Write a service on a draft entry. Raises DomainError for a second open request of the same code."""
    entry = _writable(entry)
    order = ServiceRequest(**_place(entry, by), **line)
    _save_line(order)
    record("service_request.draft", by=by, of=order)
    return order


def _place(entry: Document, by: User) -> dict[str, Any]:
    return {
        "facility_id": entry.facility_id,
        "patient_id": entry.patient_id,
        "encounter_id": entry.encounter_id,
        "entry": entry,
        "requester": by,
        "position": _next_position(entry),
    }


@transaction.atomic
def change_draft(
    *, order: MedicationRequest | ServiceRequest, by: User, **line: Any
) -> MedicationRequest | ServiceRequest:
    """Change a line that is not confirmed yet."""
    _writable(order.entry)
    order = type(order).objects.select_for_update(of=("self",)).get(pk=order.pk)
    _demand_draft(order)
    for name, value in line.items():
        setattr(order, name, value)
    _save_line(order)
    record("order.change_draft", by=by, of=order)
    return order


@transaction.atomic
def remove_draft(*, order: MedicationRequest | ServiceRequest, by: User) -> None:
    """Strike a line that is not confirmed yet: it never was an order."""
    _writable(order.entry)
    order = type(order).objects.select_for_update(of=("self",)).get(pk=order.pk)
    _demand_draft(order)
    record("order.remove_draft", by=by, of=order)
    order.delete()


def _demand_draft(order: Order) -> None:
    if order.status != Order.Status.DRAFT:
        raise Conflict(_("This order is in effect; stop it instead."), code="finished")


@transaction.atomic
def confirm_orders(*, entry: Document, by: User) -> int:
    """The entry was confirmed: its draft lines take effect now, and what they carry on ends. Returns how many."""
    count = 0
    for model in ORDER_MODELS:
        for order in model.objects.select_for_update(of=("self",)).filter(
            entry=entry, status=Order.Status.DRAFT
        ):
            if not count:
                demand_practice(by, PLACE)
            order.status, order.confirmed_by, order.confirmed_at = Order.Status.ACTIVE, by, now()
            order.save(update_fields=["status", "confirmed_by", "confirmed_at"])
            if order.based_on_id:
                _end_if_open(model, order.based_on_id, by)
            _tell(order, "placed", by)
            count += 1
    return count


def _end_if_open(model: type[MedicationRequest] | type[ServiceRequest], pk: int, by: User) -> None:
    model.objects.filter(pk=pk, status__in=_OPEN).update(
        status=Order.Status.COMPLETED, status_changed_at=now(), status_changed_by=by
    )


def _tell(order: MedicationRequest | ServiceRequest, verb: str, by: User | None) -> None:
    noun = "medication_request" if isinstance(order, MedicationRequest) else "service_request"
    record(f"{noun}.{verb}", by=by, of=order)
    publish(f"{noun}.{verb}", order_key=f"encounter:{order.encounter_id}", order_id=order.pk)


def _change_status(
    order: MedicationRequest | ServiceRequest,
    *,
    to: str,
    allowed: list[str],
    verb: str,
    reason: str,
    by: User,
) -> MedicationRequest | ServiceRequest:
    order = type(order).objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.status == to:
        return order
    if order.status not in allowed:
        raise DomainError(
            _("This order is %(status)s: that can't be done any more.")
            % {"status": str(order.get_status_display()).lower()},
            code="wrong_status",
        )
    order.status, order.status_reason = to, reason.strip()[:200]
    order.status_changed_at, order.status_changed_by = now(), by
    order.save(update_fields=["status", "status_reason", "status_changed_at", "status_changed_by"])
    _tell(order, verb, by)
    return order


@transaction.atomic
def stop_order(
    *, order: MedicationRequest | ServiceRequest, reason: str, by: User
) -> MedicationRequest | ServiceRequest:
    """Stop an order in effect, with a reason; stopped twice is stopped once."""
    if not reason.strip():
        raise DomainError(_("Say why it is stopped."), code="reason_missing", field="reason")
    return _change_status(
        order, to=Order.Status.REVOKED, allowed=list(_OPEN), verb="revoked", reason=reason, by=by
    )


@transaction.atomic
def hold_order(
    *, order: MedicationRequest | ServiceRequest, reason: str, by: User
) -> MedicationRequest | ServiceRequest:
    """Pause an order in effect, with a reason."""
    if not reason.strip():
        raise DomainError(_("Say why it is held."), code="reason_missing", field="reason")
    return _change_status(
        order, to=Order.Status.ON_HOLD, allowed=[Order.Status.ACTIVE], verb="held", reason=reason, by=by
    )


@transaction.atomic
def resume_order(
    *, order: MedicationRequest | ServiceRequest, by: User
) -> MedicationRequest | ServiceRequest:
    """Let a held order go on."""
    demand_practice(by, PLACE)
    return _change_status(
        order, to=Order.Status.ACTIVE, allowed=[Order.Status.ON_HOLD], verb="resumed", reason="", by=by
    )


@transaction.atomic
def copy_orders(*, source: Document, target: Document, by: User) -> int:
    """Carry the source entry's open medicines, diet, care and monitoring on as draft lines; the day of use counts up."""
    target = _writable(target)
    count = 0
    for medicine in MedicationRequest.objects.filter(entry=source, status__in=_OPEN):
        MedicationRequest.objects.create(
            **_place(target, by),
            based_on=medicine,
            **{name: getattr(medicine, name) for name in _MEDICATION_FIELDS},
            day_number=medicine.day_number + 1 if medicine.day_number else None,
        )
        count += 1
    for service in ServiceRequest.objects.filter(entry=source, status__in=_OPEN, category__in=_CARRIED_ON):
        ServiceRequest.objects.create(
            **_place(target, by),
            based_on=service,
            **{name: getattr(service, name) for name in _SERVICE_FIELDS},
        )
        count += 1
    return count


_MEDICATION_FIELDS = [name for name in Medication.__annotations__ if name != "day_number"]
_SERVICE_FIELDS = list(Service.__annotations__)


@transaction.atomic
def void_orders(*, entry: Document, by: User, reason: str) -> int:
    """The entry was entered in error: its orders never should have been. Returns how many."""
    count = 0
    for model in ORDER_MODELS:
        for order in (
            model.objects.select_for_update(of=("self",))
            .filter(entry=entry)
            .exclude(status=Order.Status.ENTERED_IN_ERROR)
        ):
            order.status, order.status_reason = Order.Status.ENTERED_IN_ERROR, reason[:200]
            order.status_changed_at, order.status_changed_by = now(), by
            order.save(update_fields=["status", "status_reason", "status_changed_at", "status_changed_by"])
            _tell(order, "entered_in_error", by)
            count += 1
    return count


@transaction.atomic
def complete_order(*, order: ServiceRequest, by: User | None) -> ServiceRequest:
    """What was asked for has been done; an order that was stopped or is done already stays as it is."""
    order = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.status in _OPEN:
        _set_status(order, Order.Status.COMPLETED, "completed", by)
    return order


@transaction.atomic
def reopen_order(*, order: ServiceRequest, by: User | None) -> ServiceRequest:
    """What answered a completed order was taken back: it is asked for again. Any other order stays as it is."""
    order = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
    asked_again = ServiceRequest.objects.filter(
        entry_id=order.entry_id, category=order.category, code=order.code, status__in=_OPEN
    )
    if order.status == Order.Status.COMPLETED and not (order.code and asked_again.exists()):
        _set_status(order, Order.Status.ACTIVE, "reopened", by)
    return order


def _set_status(order: ServiceRequest, status: str, verb: str, by: User | None) -> None:
    order.status, order.status_changed_at, order.status_changed_by = status, now(), by
    order.save(update_fields=["status", "status_changed_at", "status_changed_by"])
    _tell(order, verb, by)
