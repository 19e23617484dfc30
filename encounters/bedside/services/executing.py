"""A task of an order is carried out, left out with a reason, or taken back."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from encounters.bedside.models import Execution, Outage
from encounters.bedside.rhythm import CATEGORIES, is_once, slots
from encounters.documents.services.drafting import check_time
from encounters.orders.models import Order, ServiceRequest
from encounters.orders.services.life import complete_order, reopen_order
from encounters.visits.models import Encounter
from encounters.visits.shifts import shifts_around

Outcome = Execution.Outcome


class AlreadyDone(Conflict):
    """Somebody ticked this time before; `execution` says who and when."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        said = {
            "name": execution.performer.full_name,
            "time": f"{timezone.localtime(execution.happened_at):%H:%M}",
            "what": str(execution.get_outcome_display()),
        }
        super().__init__(_("%(name)s said so at %(time)s already: %(what)s.") % said, code="already_done")


def _same_key(facility_id: int, key: uuid.UUID) -> Execution | None:
    return (
        Execution.objects.filter(facility_id=facility_id, key=key)
        .select_related("performer", "order", "encounter")
        .first()
    )


def _answer_again(
    kept: Execution, *, order: ServiceRequest, slot_at: dt.datetime, outcome: str, by: User
) -> Execution:
    """The same key again: the same answer, or a refusal where it says something else."""
    if kept.performer_id != by.pk:
        raise Conflict(
            _("%(name)s sent this entry already.") % {"name": kept.performer.full_name}, code="other_person"
        )
    if (kept.order_id, kept.slot_at, kept.outcome) != (order.pk, slot_at, outcome):
        raise Conflict(_("Something else was sent under the same key."), code="key_reused")
    return kept


def _check(order: ServiceRequest, slot_at: dt.datetime, happened_at: dt.datetime, late_reason: str) -> None:
    stay = order.encounter
    if order.category not in CATEGORIES:
        raise DomainError(_("Orders of this kind aren't ticked here."), code="wrong_kind")
    if stay.status in {Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    check_time(stay, happened_at, late_reason)
    if stay.ended_at is not None and happened_at > stay.ended_at:
        raise DomainError(_("This time lies after the patient left."), code="after_stay", field="happened_at")
    if order.status in {Order.Status.DRAFT, Order.Status.ENTERED_IN_ERROR}:
        raise Conflict(_("This order doesn't hold: don't carry it out."), code="not_in_effect")
    ended = order.status in {Order.Status.REVOKED, Order.Status.COMPLETED}
    # What was done before the doctor stopped it, and arrived later, was done nevertheless.
    if ended and order.status_changed_at is not None and happened_at >= order.status_changed_at:
        raise Conflict(
            _("This order ended at %(time)s (%(status)s): don't carry it out.")
            % {
                "time": f"{timezone.localtime(order.status_changed_at):%H:%M %d/%m}",
                "status": str(order.get_status_display()).lower(),
            },
            code="ended",
        )
    if order.status == Order.Status.ON_HOLD:
        raise Conflict(_("The doctor holds this order back: don't carry it out."), code="held")
    shifts = shifts_around(order.facility_id, slot_at)
    if slot_at not in {slot.at for slot in slots(order, shifts)}:
        raise Conflict(
            _("This order has no such time any more: look at the list again."), code="no_such_time"
        )


@transaction.atomic
def record_execution(
    *,
    order: ServiceRequest,
    slot_at: dt.datetime,
    outcome: str,
    key: uuid.UUID,
    happened_at: dt.datetime,
    identified: str,
    by: User,
    reason: str = "",
    note: str = "",
    late_reason: str = "",
    outage: Outage | None = None,
) -> Execution:
    """Tick one of the order's times: "done", or "not-done" with a reason (a code of Execution.Reason).

    `outage`: after which it is entered, from paper. The same `key` again gives the same row. A second nurse gets
    AlreadyDone with who and when (F-22). Raises Conflict: the order was stopped before `happened_at`, is held, or has no
    such time; DomainError: impossible times, no reason.
    """
    order = (
        ServiceRequest.objects.select_for_update(of=("self",))
        .select_related("encounter__patient", "facility", "entry")
        .get(pk=order.pk)
    )
    kept = _same_key(order.facility_id, key)
    if kept is not None:
        return _answer_again(kept, order=order, slot_at=slot_at, outcome=outcome, by=by)
    if outcome == Outcome.NOT_DONE and reason not in Execution.Reason.values:
        raise DomainError(_("Say why it wasn't done."), code="reason_missing", field="reason")
    if outcome == Outcome.NOT_DONE and reason == Execution.Reason.OTHER and not note.strip():
        raise DomainError(_("Say the reason in words."), code="note_missing", field="note")
    if outage is not None and not outage.began_at <= happened_at <= (outage.ended_at or happened_at):
        raise DomainError(_("This time isn't within the outage."), code="outside", field="happened_at")
    _check(order, slot_at, happened_at, late_reason)
    last = (
        Execution.objects.filter(order=order, slot_at=slot_at, replaced_by=None)
        .select_related("performer")
        .first()
    )
    if last is not None and last.outcome != Outcome.ENTERED_IN_ERROR:
        raise AlreadyDone(last)
    execution = _write(
        order,
        slot_at=slot_at,
        outcome=outcome,
        reason=reason if outcome == Outcome.NOT_DONE else "",
        note=note.strip()[:300],
        happened_at=happened_at,
        identified=identified,
        late_reason=late_reason.strip()[:200],
        outage=outage,
        performer=by,
        key=key,
        replaces=last,
    )
    record("execution.record", by=by, of=execution, detail={"outcome": outcome, "how": identified})
    _tell(execution, "recorded")
    if outcome == Outcome.DONE and is_once(order) and order.status == Order.Status.ACTIVE:
        complete_order(order=order, by=by)
    return execution


def _write(order: ServiceRequest, **told: object) -> Execution:
    try:
        with transaction.atomic():
            return Execution.objects.create(
                facility_id=order.facility_id,
                order=order,
                patient_id=order.patient_id,
                encounter_id=order.encounter_id,
                **told,
            )
    except IntegrityError as error:
        # The key is another order's, sent at the same moment on another line.
        raise Conflict(_("Something else was sent under the same key."), code="key_reused") from error


def _tell(execution: Execution, verb: str) -> None:
    publish(f"execution.{verb}", order_key=f"encounter:{execution.encounter_id}", execution_id=execution.pk)


@transaction.atomic
def take_back_execution(*, execution: Execution, reason: str, key: uuid.UUID, by: User) -> Execution:
    """It wasn't so (wrong patient, wrong line): the time is open again, the row stays with who took it back and why."""
    order = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=execution.order_id)
    kept = _same_key(order.facility_id, key)
    if kept is not None:
        return _answer_again(
            kept, order=order, slot_at=execution.slot_at, outcome=Outcome.ENTERED_IN_ERROR, by=by
        )
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="note")
    later = Execution.objects.filter(replaces=execution).select_related("performer").first()
    if later is not None:
        raise AlreadyDone(later)
    back = _write(
        order,
        slot_at=execution.slot_at,
        outcome=Outcome.ENTERED_IN_ERROR,
        note=reason.strip()[:300],
        happened_at=execution.happened_at,
        identified=execution.identified,
        performer=by,
        key=key,
        replaces=execution,
    )
    record("execution.take_back", by=by, of=back)
    _tell(back, "taken_back")
    if execution.outcome == Outcome.DONE and is_once(order):
        reopen_order(order=order, by=by)
    return back
