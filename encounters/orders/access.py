"""The only way to an order: through its stay."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.orders import permissions
from encounters.orders.models import MedicationRequest, PharmacyComment, ServiceRequest, SpokenOrder
from encounters.visits.access import acts_here, reaches_stay, stay_reached
from encounters.visits.models import Encounter


def access_order(
    user: User, order_uuid: UUID, right: str = permissions.READ
) -> MedicationRequest | ServiceRequest:
    """The order of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    tried = None
    for model in (MedicationRequest, ServiceRequest):
        found = (
            model.objects.select_related("entry", "encounter__patient", "patient")
            .filter(uuid=order_uuid)
            .first()
        )
        if found is None:
            continue
        tried = found
        if reaches_stay(user, found.encounter_id, right):
            if right != permissions.READ and not _may_change(user, right, found):
                raise Denied(right, entity=found, hidden=False)
            return found
    raise Denied(right, entity=tried)


def may_decide(user: User, spoken: SpokenOrder) -> bool:
    """Who said it, and the doctors of the department where the patient is."""
    if not user.has_right(permissions.PLACE):
        return False
    return spoken.prescriber_id == user.pk or user.has_right(
        permissions.PLACE, spoken.encounter.department_id
    )


def access_spoken(user: User, spoken_uuid: UUID) -> SpokenOrder:
    """The spoken order that the person may decide on; raises Denied (404 for whom it is none of their business)."""
    demand(user, permissions.PLACE)
    found = (
        SpokenOrder.objects.filter(facility_id=user.facility_id, uuid=spoken_uuid)
        .select_related(
            "facility", "encounter__department", "encounter__patient", "prescriber", "recorded_by"
        )
        .first()
    )
    if found is None:
        raise Denied(permissions.PLACE, entity=None)
    reaches = found.prescriber_id == user.pk or reaches_stay(user, found.encounter_id, permissions.PLACE)
    if not reaches or not may_decide(user, found):
        raise Denied(permissions.PLACE, entity=found, hidden=not reaches)
    return found


def access_review(user: User, order_uuid: UUID) -> MedicationRequest:
    """The medicine that the pharmacist reviews; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.REVIEW)
    found = MedicationRequest.objects.select_related("encounter__patient").filter(uuid=order_uuid).first()
    if found is None or not reaches_stay(user, found.encounter_id, permissions.REVIEW):
        raise Denied(permissions.REVIEW, entity=found)
    return found


def access_review_of_stay(user: User, encounter_uuid: UUID) -> Encounter:
    """The stay whose medicines the pharmacist reviews; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.REVIEW)
    found = (
        Encounter.objects.filter(
            stay_reached(user, permissions.REVIEW), facility_id=user.facility_id, uuid=encounter_uuid
        )
        .select_related("patient", "patient__merged_into", "department", "facility")
        .first()
    )
    if found is None:
        raise Denied(permissions.REVIEW, entity=Encounter.objects.filter(uuid=encounter_uuid).first())
    return found


def access_comment(user: User, comment_uuid: UUID) -> PharmacyComment:
    """The pharmacist's remark that this doctor may answer: who prescribed it, and the department's doctors."""
    demand(user, permissions.PLACE)
    found = (
        PharmacyComment.objects.filter(facility_id=user.facility_id, uuid=comment_uuid)
        .select_related(
            "facility", "order__requester", "encounter__department", "encounter__patient", "author"
        )
        .first()
    )
    if found is None or not reaches_stay(user, found.encounter_id, permissions.READ):
        raise Denied(permissions.PLACE, entity=found)
    if found.order.requester_id != user.pk and not user.has_right(
        permissions.PLACE, found.encounter.department_id
    ):
        raise Denied(permissions.PLACE, entity=found, hidden=False)
    return found


def _may_change(user: User, right: str, order: MedicationRequest | ServiceRequest) -> bool:
    """Where the patient is now, or where the entry was written; in an emergency one's own orders alone (S-11)."""
    places = {order.encounter.department_id, order.entry.department_id if order.entry else None}
    if any(user.has_right(right, place) for place in places if place is not None):
        return True
    return order.requester_id == user.pk and acts_here(user, right, order.encounter)
