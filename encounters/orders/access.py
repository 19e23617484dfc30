"""The only way to an order: through its stay."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.orders import permissions
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.access import encounters_for


def access_order(
    user: User, order_uuid: UUID, right: str = permissions.READ
) -> MedicationRequest | ServiceRequest:
    """The order of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    tried = None
    for model in (MedicationRequest, ServiceRequest):
        found = model.objects.select_related("entry", "encounter", "patient").filter(uuid=order_uuid).first()
        if found is None:
            continue
        tried = found
        if encounters_for(user, right).filter(pk=found.encounter_id).exists():
            return found
    raise Denied(right, entity=tried)
