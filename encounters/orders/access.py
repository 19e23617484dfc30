"""The only way to an order: through its stay."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.orders import permissions
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.access import acts_here, reaches_stay


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


def _may_change(user: User, right: str, order: MedicationRequest | ServiceRequest) -> bool:
    """Where the patient is now, or where the entry was written; in an emergency one's own orders alone (S-11)."""
    places = {order.encounter.department_id, order.entry.department_id if order.entry else None}
    if any(user.has_right(right, place) for place in places if place is not None):
        return True
    return order.requester_id == user.pk and acts_here(user, right, order.encounter)
