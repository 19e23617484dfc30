"""What a pharmacist's word on one order means for the next: carried on with it, or asked anew."""

from emr.accounts.models import User
from encounters.orders import telling
from encounters.orders.models import MedicationRequest, Order, PharmacyReview
from encounters.orders.selectors.changes import is_unchanged


def carry_review(order: Order) -> None:
    """An order that goes on without a change is accepted as the one before was; a changed one is asked about."""
    if not isinstance(order, MedicationRequest) or order.based_on_id is None:
        return
    earlier = (
        PharmacyReview.objects.filter(order=order.based_on_id, status=PharmacyReview.Status.ACCEPTED)
        .select_related("order")
        .first()
    )
    if earlier is None or not is_unchanged(order, earlier.order):
        return
    PharmacyReview.objects.create(
        facility_id=order.facility_id,
        order=order,
        patient_id=order.patient_id,
        encounter_id=order.encounter_id,
        status=earlier.status,
        carried_from=earlier,
        findings=earlier.findings,
        decided_at=earlier.decided_at,
        decided_by_id=earlier.decided_by_id,
    )


def ask_again(order: Order, *, by: User | None) -> None:
    """The order moved on after a pharmacist held it: the notice ends, and one that goes on is reviewed anew."""
    if not isinstance(order, MedicationRequest):
        return
    held = [PharmacyReview.Status.ON_HOLD, PharmacyReview.Status.REJECTED]
    review = (
        PharmacyReview.objects.select_for_update(of=("self",)).filter(order=order, status__in=held).first()
    )
    if review is None or order.status == Order.Status.ON_HOLD:
        return
    telling.stop_asking(order, by=by)
    if order.status == Order.Status.ACTIVE:
        review.status, review.decided_at, review.decided_by = PharmacyReview.Status.REQUESTED, None, None
        review.save(update_fields=["status", "decided_at", "decided_by"])
