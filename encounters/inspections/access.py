"""Who sees which mandate: who looks after them all, and of the readers each their own while it is in force."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from emr.common.clock import now
from encounters.inspections import permissions
from encounters.inspections.models import Mandate, MandateChart


def mandates_for(user: User) -> QuerySet[Mandate]:
    """The facility's mandates, for who looks after them."""
    found = Mandate.objects.filter(facility_id=user.facility_id)
    return found if user.has_right(permissions.OVERSEE) else found.none()


def mandates_in_force(reader: User) -> QuerySet[Mandate]:
    """By which this person reads at this moment."""
    moment = now()
    found = Mandate.objects.filter(
        facility_id=reader.facility_id,
        readers=reader,
        status=Mandate.Status.APPROVED,
        starts_at__lte=moment,
        ends_at__gt=moment,
    )
    return found if reader.has_right(permissions.READ) else found.none()


def access_mandate(user: User, mandate_uuid: UUID, right: str = permissions.OVERSEE) -> Mandate:
    """The mandate of that public id; raises Denied (404 outside the person's facility)."""
    demand(user, right)
    people = ("prepared_by", "approved_by", "withdrawn_by", "facility")
    found = mandates_for(user).select_related(*people).filter(uuid=mandate_uuid).first()
    if found is None:
        raise Denied(right, entity=Mandate.objects.filter(uuid=mandate_uuid).first())
    return found


def access_chart(user: User, mandate: Mandate, chart_uuid: UUID, right: str) -> MandateChart:
    """A chart of this very mandate; raises Denied."""
    demand(user, right)
    found = mandate.charts.select_related("patient", "encounter").filter(uuid=chart_uuid).first()
    if found is None:
        raise Denied(right, entity=MandateChart.objects.filter(uuid=chart_uuid).first())
    return found
