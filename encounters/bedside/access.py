"""The only way to a ward and to what nurses wrote: through departments and stays within the person's reach."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import Organization, User
from encounters.bedside import permissions
from encounters.bedside.models import Execution, Handover, Outage, Precaution
from encounters.bedside.rhythm import CATEGORIES
from encounters.bedside.selectors.staff import wards_of
from encounters.orders.models import ServiceRequest
from encounters.visits.access import acts_here, reaches_stay
from encounters.visits.models import Encounter


def access_ward(user: User, department_uuid: UUID, right: str = permissions.READ) -> Organization:
    """The department where the person holds the right; raises Denied (404)."""
    demand(user, right)
    found = next((ward for ward in wards_of(user, right) if ward.uuid == department_uuid), None)
    if found is None:
        raise Denied(right, entity=None)
    return found


def _demand_acting(user: User, right: str, stay: Encounter, entity: object) -> None:
    if not reaches_stay(user, stay.pk, right):
        raise Denied(right, entity=entity)  # type: ignore[arg-type]
    if not acts_here(user, right, stay):
        raise Denied(right, entity=entity, hidden=False)  # type: ignore[arg-type]


def access_task(user: User, order_uuid: UUID, right: str = permissions.PERFORM) -> ServiceRequest:
    """The confirmed order that nurses carry out; raises Denied (404 outside the reach, 403 where the patient left)."""
    demand(user, right)
    found = (
        ServiceRequest.objects.filter(
            facility_id=user.facility_id,
            category__in=CATEGORIES,
            confirmed_at__isnull=False,
            uuid=order_uuid,
        )
        .select_related("encounter__patient", "encounter__department", "entry", "facility")
        .first()
    )
    if found is None:
        raise Denied(right, entity=ServiceRequest.objects.filter(uuid=order_uuid).first())
    _demand_acting(user, right, found.encounter, found)
    return found


def access_execution(user: User, execution_uuid: UUID, right: str = permissions.PERFORM) -> Execution:
    """The check mark of that public id; raises Denied as `access_task`."""
    demand(user, right)
    found = (
        Execution.objects.filter(facility_id=user.facility_id, uuid=execution_uuid)
        .select_related(
            "encounter__patient", "encounter__department", "order__entry", "facility", "performer"
        )
        .first()
    )
    if found is None:
        raise Denied(right, entity=Execution.objects.filter(uuid=execution_uuid).first())
    _demand_acting(user, right, found.encounter, found)
    return found


def access_precaution(user: User, precaution_uuid: UUID, right: str = permissions.PERFORM) -> Precaution:
    """The precaution of that public id; raises Denied as `access_task`."""
    demand(user, right)
    found = (
        Precaution.objects.filter(facility_id=user.facility_id, uuid=precaution_uuid)
        .select_related("encounter__patient", "encounter__department")
        .first()
    )
    if found is None:
        raise Denied(right, entity=Precaution.objects.filter(uuid=precaution_uuid).first())
    _demand_acting(user, right, found.encounter, found)
    return found


def access_handover(user: User, handover_uuid: UUID, right: str = permissions.PERFORM) -> Handover:
    """The hand-over of that public id; raises Denied as `access_task`."""
    demand(user, right)
    found = (
        Handover.objects.filter(facility_id=user.facility_id, uuid=handover_uuid)
        .select_related("encounter__patient", "encounter__department", "department", "document")
        .first()
    )
    if found is None:
        raise Denied(right, entity=Handover.objects.filter(uuid=handover_uuid).first())
    _demand_acting(user, right, found.encounter, found)
    return found


def access_outage(user: User, outage_uuid: UUID, right: str = permissions.PERFORM) -> Outage:
    """The facility's outage of that public id, which names no patient; raises Denied (404)."""
    demand(user, right)
    found = Outage.objects.filter(facility_id=user.facility_id, uuid=outage_uuid).first()
    if found is None:
        raise Denied(right, entity=None)
    return found
