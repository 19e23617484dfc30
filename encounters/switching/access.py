"""The only way to a department's decisions and to a version of the rules: the own facility's, else 404."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import Organization, User
from encounters.switching import permissions
from encounters.switching.models import Regulation
from encounters.switching.selectors import regulations_of


def access_department(user: User, uuid: UUID, right: str = permissions.OVERSEE) -> Organization:
    """A department of the person's facility; raises Denied (404)."""
    found = Organization.objects.filter(parent=user.facility_id, uuid=uuid).first()
    if found is None:
        raise Denied(right)
    return found


def access_regulation(user: User, uuid: UUID) -> Regulation:
    """A version of the rules of the person's facility; raises Denied (404)."""
    found = regulations_of(user.facility_id).select_related("file").filter(uuid=uuid).first()
    if found is None:
        raise Denied(permissions.READ)
    return found
