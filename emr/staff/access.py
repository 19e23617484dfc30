"""The only way to a member of staff, a role, a place: the own facility's, else 404."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from emr.accounts.access import Denied
from emr.accounts.models import Location, Organization, PractitionerRole, Role, User
from emr.accounts.permissions import MANAGE
from emr.staff.models import PractisingLicence, RoleChange, StaffImport
from emr.staff.selectors.bundles import role_of

RowT = TypeVar("RowT", bound=Model)


def _one(rows: QuerySet[RowT], uuid: UUID) -> RowT:
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise Denied(MANAGE)
    return found


def access_member(user: User, uuid: UUID) -> User:
    """A member of staff of the person's facility."""
    return _one(User.objects.filter(facility=user.facility_id).select_related("facility"), uuid)


def access_held_role(user: User, uuid: UUID) -> PractitionerRole:
    """A role that somebody of the facility holds or held."""
    rows = PractitionerRole.objects.filter(user__facility=user.facility_id)
    return _one(rows.select_related("user", "department"), uuid)


def access_licence(user: User, uuid: UUID) -> PractisingLicence:
    """A practising licence of somebody of the facility."""
    return _one(PractisingLicence.objects.filter(facility=user.facility_id).select_related("user"), uuid)


def access_import(user: User, uuid: UUID) -> StaffImport:
    """A list of staff that was read in the facility."""
    return _one(StaffImport.objects.filter(facility=user.facility_id), uuid)


def access_change(user: User, uuid: UUID) -> RoleChange:
    """A change of one of the facility's roles."""
    return _one(RoleChange.objects.filter(facility=user.facility_id).select_related("proposed_by"), uuid)


def access_department(user: User, uuid: UUID) -> Organization:
    """A department of the facility, closed ones too."""
    return _one(Organization.objects.filter(parent=user.facility_id), uuid)


def access_location(user: User, uuid: UUID) -> Location:
    """A ward, room or bed of the facility."""
    return _one(Location.objects.filter(facility=user.facility_id).select_related("department"), uuid)


def access_role(user: User, code: str) -> Role:
    """The facility's role of that code."""
    found = role_of(user.facility_id, code)
    if found is None:
        raise Denied(MANAGE)
    return found
