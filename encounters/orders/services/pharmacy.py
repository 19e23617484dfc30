"""The pharmacist reviews medicine orders: accepts, asks, holds; the prescriber answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.staff.selectors.practice import demand_practice
from encounters.orders import telling
from encounters.orders.models import MedicationRequest, Order, PharmacyComment, PharmacyReview
from encounters.orders.services.answers import REASON_AT_LEAST
from encounters.orders.services.life import hold_order, release_order, resume_order, stop_order

Findings = list[dict[str, str]]
_LONGEST = 500
_HELD = (PharmacyReview.Status.ON_HOLD, PharmacyReview.Status.REJECTED)


def _said(text: str, what: str) -> str:
    said = " ".join(text.split())[:_LONGEST]
    if len(said) < REASON_AT_LEAST:
        raise DomainError(what, code="reason_missing", field="text")
    return said


def _locked(order: MedicationRequest) -> MedicationRequest:
    return (
        MedicationRequest.objects.select_for_update(of=("self",))
        .select_related("facility", "encounter__department", "requester")
        .get(pk=order.pk)
    )


def _decide(order: MedicationRequest, status: str, *, by: User, **more: Any) -> PharmacyReview:
    review, _is_new = PharmacyReview.objects.update_or_create(
        order=order,
        defaults={
            "facility_id": order.facility_id,
            "patient_id": order.patient_id,
            "encounter_id": order.encounter_id,
            "status": status,
            "carried_from": None,
            "decided_at": now(),
            "decided_by": by,
        }
        | more,
    )
    return review


@transaction.atomic
def accept_orders(
    *, orders: Iterable[MedicationRequest], by: User, findings: Mapping[str, Findings] | None = None
) -> int:
    """Accept those of the orders that are in effect and wait; returns how many. Accepted twice is accepted once.

    What was held, stopped or accepted since the page was drawn stays as it is. `findings`: {order's uuid: what the checks
    showed}, kept with the decision.
    """
    demand_practice(by)
    count = 0
    for order in sorted(orders, key=lambda order: order.pk):
        current = _locked(order)
        decided = PharmacyReview.objects.filter(order=current).exclude(status=PharmacyReview.Status.REQUESTED)
        if current.status != Order.Status.ACTIVE or decided.exists():
            continue
        kept = (findings or {}).get(str(current.uuid), [])
        review = _decide(current, PharmacyReview.Status.ACCEPTED, by=by, findings=kept, reason="")
        record("pharmacy_review.accept", by=by, of=review)
        count += 1
    return count


@transaction.atomic
def comment_on_order(*, order: MedicationRequest, text: str, by: User) -> PharmacyComment:
    """Ask the prescriber something; the order stays in effect."""
    said = _said(text, _("Write what you want to say."))
    current = _locked(order)
    comment = _say(current, PharmacyComment.Kind.COMMENT, said, by)
    record("pharmacy_review.comment", by=by, of=comment)
    telling.ask_prescriber(comment, current, by=by)
    return comment


@transaction.atomic
def hold_by_pharmacist(
    *, order: MedicationRequest, reason: str, refuses: bool, by: User, findings: Findings | None = None
) -> PharmacyReview:
    """Put the order on hold until its prescriber answers; refused: it should not be dispensed at all.

    A pharmacist doesn't stop a doctor's order: it is held either way, and who prescribed it decides. Held twice is once.
    """
    said = _said(reason, _("Say why it is held."))
    demand_practice(by)
    current = _locked(order)
    review = PharmacyReview.objects.filter(order=current, status__in=_HELD).first()
    if review is not None and current.status == Order.Status.ON_HOLD:
        return review
    hold_order(order=current, reason=said, by=by)
    status = PharmacyReview.Status.REJECTED if refuses else PharmacyReview.Status.ON_HOLD
    review = _decide(current, status, by=by, reason=said[:300], findings=findings or [])
    kind = PharmacyComment.Kind.REFUSAL if refuses else PharmacyComment.Kind.HOLD
    comment = _say(current, kind, said, by)
    record(f"pharmacy_review.{'refuse' if refuses else 'hold'}", by=by, of=review)
    telling.tell_of_hold(comment, current, by=by)
    return review


@transaction.atomic
def release_by_pharmacist(*, order: MedicationRequest, by: User) -> MedicationRequest:
    """The pharmacist's own hold ends; the order goes on and waits to be reviewed."""
    current = _locked(order)
    if not PharmacyReview.objects.filter(order=current, status__in=_HELD).exists():
        raise Conflict(_("No pharmacist holds this order (any more)."), code="not_held")
    released = release_order(order=current, by=by)
    assert isinstance(released, MedicationRequest)  # noqa: S101  the same row
    return released


@transaction.atomic
def answer_pharmacist(*, comment: PharmacyComment, text: str, by: User, action: str = "") -> PharmacyComment:
    """The prescriber answers; `action` "resume" lets a held order go on (it is reviewed again), "stop" ends it.

    Answered twice is Conflict: the first answer is shown.
    """
    said = _said(text, _("Write your answer."))
    current = _locked(comment.order)
    if PharmacyComment.objects.filter(answers=comment).exists():
        raise Conflict(_("This was answered already."), code="answered")
    if comment.kind == PharmacyComment.Kind.ANSWER:
        raise DomainError(_("An answer isn't answered."), code="invalid")
    answer = _say(current, PharmacyComment.Kind.ANSWER, said, by, answers=comment)
    record("pharmacy_review.reply", by=by, of=answer)
    if action == "resume" and current.status == Order.Status.ON_HOLD:
        resume_order(order=current, by=by)
    elif action == "stop":
        stop_order(order=current, reason=said[:200], by=by)
    telling.stop_asking_about(comment, by=by)
    telling.tell_pharmacist(answer, current, by=by)
    return answer


def _say(
    order: MedicationRequest, kind: str, text: str, by: User, *, answers: PharmacyComment | None = None
) -> PharmacyComment:
    return PharmacyComment.objects.create(
        facility_id=order.facility_id,
        order=order,
        patient_id=order.patient_id,
        encounter_id=order.encounter_id,
        kind=kind,
        text=text,
        author=by,
        answers=answers,
    )
