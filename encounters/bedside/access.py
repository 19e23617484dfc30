"""The only way to a ward and to what nurses wrote: through departments and stays within the person's reach."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import Organization, User
from encounters.bedside import permissions
from encounters.bedside.models import (
    CareColumn,
    ChartRemark,
    Execution,
    Handover,
    Outage,
    Precaution,
    Wound,
    WoundAssessment,
    WoundPhoto,
)
from encounters.bedside.rhythm import CATEGORIES
from encounters.bedside.selectors.staff import wards_of
from encounters.orders.models import ServiceRequest
from encounters.visits.access import access_encounter, acts_here, demand_unlocked, reaches_stay
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
    demand_unlocked(right, stay)
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


def access_column(user: User, column_uuid: UUID, right: str = permissions.PERFORM) -> CareColumn:
    """The care column of that public id; raises Denied. Its writer reaches it where the patient was then, too."""
    demand(user, right)
    found = (
        CareColumn.objects.filter(facility_id=user.facility_id, uuid=column_uuid)
        .select_related(
            "encounter__patient", "encounter__department", "encounter__facility", "author", "copied_from"
        )
        .first()
    )
    if found is None:
        raise Denied(right, entity=CareColumn.objects.filter(uuid=column_uuid).first())
    if not reaches_stay(user, found.encounter_id, right):
        raise Denied(right, entity=found)
    demand_unlocked(right, found.encounter)
    # The ward where it was written may put it right after the patient has moved on.
    if not (
        acts_here(user, right, found.encounter)
        or acts_here(user, right, found.encounter, department_id=found.department_id)
    ):
        raise Denied(right, entity=found, hidden=False)
    return found


def access_remark(user: User, remark_uuid: UUID) -> ChartRemark:
    """The remark for whom it asks, or for a head nurse of the chart's department; raises Denied."""
    demand(user, permissions.PERFORM)
    found = (
        ChartRemark.objects.filter(facility_id=user.facility_id, uuid=remark_uuid)
        .select_related("encounter__patient", "encounter__department", "facility", "nurse")
        .first()
    )
    if found is None or not reaches_stay(user, found.encounter_id, permissions.PERFORM):
        raise Denied(permissions.PERFORM, entity=found)
    if found.nurse_id != user.pk and not acts_here(user, permissions.CHECK, found.encounter):
        raise Denied(permissions.PERFORM, entity=found, hidden=False)
    return found


def access_wound(user: User, wound_uuid: UUID, right: str = permissions.READ) -> Wound:
    """The wound of that public id, through its stay; raises Denied."""
    demand(user, right)
    found = Wound.objects.filter(facility_id=user.facility_id, uuid=wound_uuid).first()
    if found is None:
        raise Denied(right, entity=Wound.objects.filter(uuid=wound_uuid).first())
    found.encounter = _stay(user, found, right)
    return found


def _stay(user: User, wound: Wound, right: str) -> Encounter:
    stay_uuid = Encounter.objects.filter(pk=wound.encounter_id).values_list("uuid", flat=True).first()
    if stay_uuid is None:
        raise Denied(right, entity=wound)
    return access_encounter(user, stay_uuid, right)


def access_assessment(user: User, assessment_uuid: UUID, right: str = permissions.PERFORM) -> WoundAssessment:
    """What was said of a wound at one time; raises Denied as `access_wound`."""
    demand(user, right)
    found = (
        WoundAssessment.objects.filter(facility_id=user.facility_id, uuid=assessment_uuid)
        .select_related("wound", "author")
        .first()
    )
    if found is None:
        raise Denied(right, entity=WoundAssessment.objects.filter(uuid=assessment_uuid).first())
    found.wound.encounter = _stay(user, found.wound, right)
    return found


def access_photo(user: User, photo_uuid: UUID) -> WoundPhoto:
    """A photograph that holds, for who reads the chart's nursing pages; of what was taken back nobody gets one (404)."""
    demand(user, permissions.READ)
    found = (
        WoundPhoto.objects.filter(facility_id=user.facility_id, uuid=photo_uuid, assessment__replaced_by=None)
        .select_related("assessment__wound", "attachment__key")
        .first()
    )
    if found is None:
        raise Denied(permissions.READ, entity=WoundPhoto.objects.filter(uuid=photo_uuid).first())
    found.assessment.wound.encounter = _stay(user, found.assessment.wound, permissions.READ)
    return found
