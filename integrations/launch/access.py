"""The only way to a launch key as a user, and to a link that a browser brought."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from integrations.launch import permissions
from integrations.launch.models import Launch, LaunchKey


def access_key(user: User, uuid: UUID) -> LaunchKey:
    """A key of the administrator's facility; raises Denied (404)."""
    found = LaunchKey.objects.filter(uuid=uuid, facility_id=user.facility_id).first()
    if found is None or not user.has_right(permissions.MANAGE):
        raise Denied("launch_key.read", entity=found)
    return found


def arrived(uuid: str) -> Launch | None:
    """The link that this browser brought; the cookie that names it is signed."""
    rows = Launch.objects.select_related("user__facility", "patient", "key")
    return rows.filter(uuid=uuid).first()
