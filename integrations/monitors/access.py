"""The only way to a monitor as a user: of the own facility, where the person looks after its ward."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import Location, User
from emr.accounts.roles import EVERYWHERE
from encounters.visits.access import access_encounter
from encounters.visits.models import Encounter
from integrations.monitors import permissions
from integrations.monitors.models import DiscardedReadings, Monitor


def access_monitor(user: User, monitor_uuid: UUID, right: str = permissions.READ) -> Monitor:
    """The monitor of that public id; raises Denied (404) outside the person's departments."""
    demand(user, right)
    found = (
        Monitor.objects.filter(facility_id=user.facility_id, uuid=monitor_uuid)
        .select_related("department", "channel")
        .first()
    )
    if found is None or not (
        user.departments_for(right) == EVERYWHERE or user.has_right(right, found.department_id)
    ):
        raise Denied(right, entity=Monitor.objects.filter(uuid=monitor_uuid).first())
    return found


def monitor_of_label(user: User, code: str) -> Monitor | None:
    """The monitor in use whose barcode was scanned; a monitor that was lent to another ward is found there too."""
    label = code.strip().upper()
    if not label:
        return None
    return Monitor.objects.filter(facility_id=user.facility_id, label=label, is_active=True).first()


def monitor_held(user: User, monitor_uuid: UUID | None) -> Monitor | None:
    """The monitor that was scanned a moment ago, as the page sends it along."""
    if monitor_uuid is None:
        return None
    return Monitor.objects.filter(facility_id=user.facility_id, uuid=monitor_uuid, is_active=True).first()


def access_measured(user: User, encounter_uuid: UUID) -> Encounter:
    """The stay that a monitor is put on, where the person acts; raises Denied."""
    return access_encounter(user, encounter_uuid, permissions.ATTACH)


def beds_for(user: User, monitor: Monitor) -> list[Location]:
    """The beds of the monitor's ward, where the person may put it."""
    if not user.has_right(permissions.ATTACH, monitor.department_id):
        return []
    beds = Location.objects.filter(
        facility_id=user.facility_id, department=monitor.department_id, kind=Location.Kind.BED
    )
    return list(beds.exclude(status=Location.Status.INACTIVE).order_by("position", "code"))


def seen_for(user: User, seen_uuid: UUID | None) -> DiscardedReadings | None:
    """A monitor that sends and is not registered, for who registers it."""
    if seen_uuid is None or not user.has_right(permissions.MANAGE):
        return None
    return DiscardedReadings.objects.filter(facility_id=user.facility_id, uuid=seen_uuid).first()
