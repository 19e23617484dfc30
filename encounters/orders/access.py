"""The only way to an order: through its stay."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.documents.access import access_document
from encounters.orders import permissions
from encounters.orders.models import (
    MedicationRequest,
    OrderSet,
    PharmacyComment,
    PrescriptionLine,
    ServiceRequest,
    SpokenOrder,
)
from encounters.visits.access import acts_here, demand_unlocked, reaches_stay, stay_reached
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
            if right != permissions.READ:
                demand_unlocked(right, found.encounter)
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
    demand_unlocked(permissions.PLACE, found.encounter)
    return found


def access_review(user: User, order_uuid: UUID) -> MedicationRequest:
    """The medicine that the pharmacist reviews; raises Denied (404 outside the person's reach)."""
    demand(user, permissions.REVIEW)
    found = MedicationRequest.objects.select_related("encounter__patient").filter(uuid=order_uuid).first()
    if found is None or not reaches_stay(user, found.encounter_id, permissions.REVIEW):
        raise Denied(permissions.REVIEW, entity=found)
    demand_unlocked(permissions.REVIEW, found.encounter)
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
    demand_unlocked(permissions.REVIEW, found)
    return found


def access_prescription_line(user: User, line_uuid: UUID) -> PrescriptionLine:
    """A line, through its prescription: whoever may write there may change it; raises Denied (404 outside the reach)."""
    demand(user, permissions.PLACE)
    found = PrescriptionLine.objects.filter(facility_id=user.facility_id, uuid=line_uuid).first()
    if found is None:
        raise Denied(permissions.PLACE, entity=None)
    found.document = access_document(user, found.document.uuid, permissions.PLACE)
    return found


def access_set(user: User, set_uuid: UUID) -> OrderSet:
    """A set of the facility, to look at; raises Denied (404)."""
    demand(user, permissions.EDIT_SETS)
    found = (
        OrderSet.objects.select_related("facility")
        .filter(facility_id=user.facility_id, uuid=set_uuid)
        .first()
    )
    if found is None:
        raise Denied(permissions.EDIT_SETS, entity=None)
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
    demand_unlocked(permissions.PLACE, found.encounter)
    return found


def _may_change(user: User, right: str, order: MedicationRequest | ServiceRequest) -> bool:
    """Where the patient is now, or where the entry was written; in an emergency one's own orders alone (S-11)."""
    places = {order.encounter.department_id, order.entry.department_id if order.entry else None}
    if any(user.has_right(right, place) for place in places if place is not None):
        return True
    return order.requester_id == user.pk and acts_here(user, right, order.encounter)
