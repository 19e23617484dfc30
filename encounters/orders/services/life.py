"""An order's life: in effect when the doctor confirms, then held, resumed, stopped, completed, or taken back."""

from typing import cast

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.staff.selectors.practice import demand_practice
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.permissions import PLACE
from encounters.orders.services.carrying import ask_again, carry_review
from encounters.orders.services.lines import OPEN, ORDER_MODELS
from encounters.orders.services.numbers import give_numbers
from encounters.orders.services.refusals import settle_ended

AnyOrder = MedicationRequest | ServiceRequest
_STATUS_FIELDS = ["status", "status_reason", "status_changed_at", "status_changed_by", "status_changed_as"]


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
            take_effect(order, by)
            count += 1
    return count


def take_effect(order: AnyOrder, by: User) -> None:
    """Put one draft line in effect: numbered, told, and what it carries on ended. The caller holds its entry."""
    order.status, order.confirmed_by, order.confirmed_at = Order.Status.ACTIVE, by, now()
    give_numbers(order)
    order.save(update_fields=["status", "confirmed_by", "confirmed_at", "placer_number", *_numbers(order)])
    if order.based_on_id:
        _end_if_open(type(order), order.based_on_id, by)
        carry_review(order)
    tell(order, "placed", by)


def _numbers(order: AnyOrder) -> list[str]:
    return ["accession_number"] if isinstance(order, ServiceRequest) else []


def _end_if_open(model: type[MedicationRequest] | type[ServiceRequest], pk: int, by: User) -> None:
    model.objects.filter(pk=pk, status__in=OPEN).update(
        status=Order.Status.COMPLETED, status_changed_at=now(), status_changed_by=by
    )


def tell(order: AnyOrder, verb: str, by: User | None) -> None:
    """Write a fact of the order down, for the log and for who is told of it."""
    noun = "medication_request" if isinstance(order, MedicationRequest) else "service_request"
    if verb in {"revoked", "entered_in_error"}:
        settle_ended(order, by)
    record(f"{noun}.{verb}", by=by, of=order)
    publish(f"{noun}.{verb}", order_key=f"encounter:{order.encounter_id}", order_id=order.pk)


def change_status(
    order: AnyOrder,
    *,
    to: str,
    allowed: list[str],
    verb: str,
    reason: str,
    by: User | None,
    system: str = "",
) -> AnyOrder:
    """Move an order from one of the `allowed` states; there already: nothing happens. `system`: who, where no person did."""
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
    order.status_changed_at, order.status_changed_by, order.status_changed_as = now(), by, system[:40]
    order.save(update_fields=_STATUS_FIELDS)
    ask_again(order, by=by)
    tell(order, verb, by)
    return order


@transaction.atomic
def stop_order(*, order: AnyOrder, reason: str, by: User) -> AnyOrder:
    """Stop an order in effect, with a reason; stopped twice is stopped once."""
    if not reason.strip():
        raise DomainError(_("Say why it is stopped."), code="reason_missing", field="reason")
    return change_status(
        order, to=Order.Status.REVOKED, allowed=list(OPEN), verb="revoked", reason=reason, by=by
    )


@transaction.atomic
def hold_order(*, order: AnyOrder, reason: str, by: User) -> AnyOrder:
    """Pause an order in effect, with a reason."""
    if not reason.strip():
        raise DomainError(_("Say why it is held."), code="reason_missing", field="reason")
    return change_status(
        order, to=Order.Status.ON_HOLD, allowed=[Order.Status.ACTIVE], verb="held", reason=reason, by=by
    )


@transaction.atomic
def resume_order(*, order: AnyOrder, by: User) -> AnyOrder:
    """Let a held order go on."""
    demand_practice(by, PLACE)
    return change_status(
        order, to=Order.Status.ACTIVE, allowed=[Order.Status.ON_HOLD], verb="resumed", reason="", by=by
    )


@transaction.atomic
def release_order(*, order: AnyOrder, by: User) -> AnyOrder:
    """Who held the order lets it go on; nobody orders anything by it."""
    return change_status(
        order, to=Order.Status.ACTIVE, allowed=[Order.Status.ON_HOLD], verb="resumed", reason="", by=by
    )


@transaction.atomic
def void_orders(*, entry: Document, by: User, reason: str) -> int:
    """The entry was entered in error: its own orders never should have been. Returns how many."""
    count = 0
    for model in ORDER_MODELS:
        for order in (
            model.objects.select_for_update(of=("self",))
            .filter(entry=entry, origin="")
            .exclude(status=Order.Status.ENTERED_IN_ERROR)
        ):
            order.status, order.status_reason = Order.Status.ENTERED_IN_ERROR, reason[:200]
            order.status_changed_at, order.status_changed_by = now(), by
            order.save(update_fields=_STATUS_FIELDS)
            tell(order, "entered_in_error", by)
            count += 1
    return count


@transaction.atomic
def complete_order(*, order: AnyOrder, by: User | None = None, system: str = "", note: str = "") -> AnyOrder:
    """What was ordered was done. Whoever says so is a person, or a system by its name ("LIS"); said twice is said once.

    An order on hold may be completed too: the specimen was on its way. Raises DomainError when it was stopped.
    """
    if by is None and not system.strip():
        raise DomainError(_("Say who or what completed it."), code="author_missing")
    return change_status(
        order,
        to=Order.Status.COMPLETED,
        allowed=list(OPEN),
        verb="completed",
        reason=note,
        by=by,
        system=system.strip(),
    )


def complete_service_request(
    *, order: ServiceRequest, by: User | None = None, system: str = "", note: str = ""
) -> ServiceRequest:
    """`complete_order` for a test or an image: what the results room and the laboratory's system call."""
    return cast(ServiceRequest, complete_order(order=order, by=by, system=system, note=note))


@transaction.atomic
def reopen_order(*, order: ServiceRequest, by: User | None) -> ServiceRequest:
    """What answered a completed order was taken back: it is asked for again, unless it has been already.

    Any other order stays as it is.
    """
    order = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
    asked_again = ServiceRequest.objects.filter(
        entry_id=order.entry_id,
        category=order.category,
        code=order.code,
        status__in=OPEN,
        origin=order.origin,
    )
    if order.origin:
        asked_again = asked_again.filter(origin_number=order.origin_number)
    if order.status != Order.Status.COMPLETED or (order.code and asked_again.exists()):
        return order
    reopened = change_status(
        order, to=Order.Status.ACTIVE, allowed=[Order.Status.COMPLETED], verb="reopened", reason="", by=by
    )
    return cast(ServiceRequest, reopened)


@transaction.atomic
def enter_order_in_error(*, order: AnyOrder, reason: str, by: User) -> AnyOrder:
    """One order never should have been (wrong patient, wrong line); the entry's other orders stay."""
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    return change_status(
        order,
        to=Order.Status.ENTERED_IN_ERROR,
        allowed=[*OPEN, Order.Status.COMPLETED, Order.Status.REVOKED],
        verb="entered_in_error",
        reason=reason,
        by=by,
    )
