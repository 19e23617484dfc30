"""Another system refuses an order of ours: kept, told to the prescriber, settled by a person or by what happens next."""

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.orders import telling
from encounters.orders.models import MedicationRequest, OrderRefusal, ServiceRequest

AnyOrder = MedicationRequest | ServiceRequest


def refusals_of(order: AnyOrder) -> Q:
    """The condition for an order's refusals."""
    return Q(medication=order) if isinstance(order, MedicationRequest) else Q(service=order)


@transaction.atomic
def refuse_order(*, order: AnyOrder, system: str, wanted: str, code: str, text: str, key: str) -> bool:
    """Keep a refusal and ring for who confirmed the order; the same `key` again changes nothing. True when it is new."""
    refusal, is_new = OrderRefusal.objects.get_or_create(
        facility_id=order.facility_id,
        key=key[:80],
        defaults={
            "patient_id": order.patient_id,
            "encounter_id": order.encounter_id,
            "medication": order if isinstance(order, MedicationRequest) else None,
            "service": order if isinstance(order, ServiceRequest) else None,
            "system": system[:60],
            "wanted": wanted,
            "code": code[:20],
            "text": text[:300],
        },
    )
    if is_new:
        record("order_refusal.record", of=refusal, detail={"wanted": wanted, "code": code[:20]})
        telling.tell_of_refusal(refusal, order)
    return is_new


@transaction.atomic
def settle_refusal(*, refusal: OrderRefusal, note: str, by: User) -> OrderRefusal:
    """Somebody has dealt with it and says how; settled already: nothing happens."""
    refusal = OrderRefusal.objects.select_for_update(of=("self",)).get(pk=refusal.pk)
    if refusal.settled_at is not None:
        return refusal
    if not note.strip():
        raise DomainError(_("Say what was done about it."), code="reason_missing", field="note")
    _settle(refusal, note, by)
    return refusal


@transaction.atomic
def settle_accepted(*, order: AnyOrder, system: str, wanted: str) -> None:
    """The other system takes the order after all: what it refused before is settled."""
    for refusal in _open(order).filter(system=system[:60], wanted=wanted):
        _settle(refusal, _("%(system)s has accepted it since.") % {"system": system}, None)


def settle_ended(order: AnyOrder, by: User | None) -> None:
    """The order was stopped: nobody has to do anything about its having been refused."""
    for refusal in _open(order).exclude(wanted=OrderRefusal.Wanted.CANCEL):
        _settle(refusal, _("The order was stopped."), by)


def _open(order: AnyOrder) -> models.QuerySet[OrderRefusal]:
    return OrderRefusal.objects.select_for_update(of=("self",)).filter(refusals_of(order), settled_at=None)


def _settle(refusal: OrderRefusal, note: str, by: User | None) -> None:
    refusal.settled_at, refusal.settled_by, refusal.settled_note = now(), by, note.strip()[:200]
    refusal.save(update_fields=["settled_at", "settled_by", "settled_note"])
    record("order_refusal.settle", by=by, of=refusal)
    telling.stop_telling_of_refusal(refusal, by=by)
