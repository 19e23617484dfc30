"""The only way to an order for who performs it: its kind's right, anywhere in the facility."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.orders.models import ServiceRequest
from encounters.performing import permissions
from patients.registry.access import not_hidden

KINDS = {permissions.LABORATORY: "laboratory", permissions.IMAGING: "imaging"}


def access_performed(user: User, order_uuid: UUID, right: str) -> ServiceRequest:
    """The confirmed order of the right's kind; raises Denied (404: another kind, a restricted patient, elsewhere)."""
    demand(user, right)
    found = (
        ServiceRequest.objects.filter(
            not_hidden(user, right, "patient"),
            facility_id=user.facility_id,
            category=KINDS[right],
            confirmed_at__isnull=False,
            uuid=order_uuid,
        )
        .select_related("patient__merged_into", "encounter__department", "requester", "facility", "reflex_of")
        .first()
    )
    if found is None:
        raise Denied(right, entity=ServiceRequest.objects.filter(uuid=order_uuid).first())
    return found
