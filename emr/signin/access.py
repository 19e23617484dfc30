"""The only way to somebody's sessions and means of signing in."""

from uuid import UUID

from emr.accounts.access import Denied
from emr.accounts.models import User
from emr.accounts.permissions import MANAGE
from emr.signin.models import StaffSession


def access_person(user: User, person_uuid: UUID) -> User:
    """A colleague of the administrator's facility; 404 for anybody else's."""
    person = User.objects.filter(uuid=person_uuid, facility_id=user.facility_id).first()
    if person is None or not user.has_right(MANAGE):
        raise Denied("user.read", entity=person)
    return person


def access_session(user: User, session_uuid: UUID) -> StaffSession:
    """One's own session, or, for administrators, one of a colleague's; 404 for the rest."""
    row = StaffSession.objects.select_related("user").filter(uuid=session_uuid).first()
    owner = row.user if row is not None else None
    if row is None or owner is None:
        raise Denied("session.end")
    if owner.pk != user.pk and not (owner.facility_id == user.facility_id and user.has_right(MANAGE)):
        raise Denied("session.end", entity=owner)
    return row
