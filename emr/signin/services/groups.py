"""Groups of the directory or provider become roles, as the facility's table says."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.services import end_role, grant_role
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.signin.models import GroupRole


@transaction.atomic
def map_group(*, group: str, role: str, department: Organization, by: User) -> GroupRole:
    """From the next sign-in on the group's members hold the role there."""
    if department.facility_id != by.facility_id:
        raise DomainError(_("The department belongs to another facility."), code="other_facility")
    row, is_new = GroupRole.objects.get_or_create(
        facility_id=by.facility_id, group=group.strip(), role=role, department=department
    )
    if is_new:
        record("group_role.add", by=by, of=row, detail={"role": role, "department": department.pk})
    return row


@transaction.atomic
def unmap_group(*, mapping: GroupRole, by: User) -> None:
    """The group says nothing about the role any more; who holds it keeps it until an administrator ends it."""
    record("group_role.remove", by=by, of=mapping, detail={"role": mapping.role})
    mapping.delete()


@transaction.atomic
def follow_groups(*, user: User, groups: Iterable[str]) -> None:
    """Give the mapped roles of the person's groups, and end mapped ones of groups that the person has left.

    Roles that the table doesn't mention are the administrators' alone.
    """
    mine = {group.casefold() for group in groups}
    table = list(GroupRole.objects.filter(facility_id=user.facility_id).select_related("department"))
    wanted = {(row.role, row.department_id): row for row in table if row.group.casefold() in mine}
    mapped = {(row.role, row.department_id) for row in table}
    held = {(role.role, role.department_id): role for role in user.current_roles}
    for key, row in wanted.items():
        if key not in held:
            grant_role(user=user, role=row.role, department=row.department, by=None)
    for key in mapped - wanted.keys():
        if key in held:
            _end(held[key])
    user.__dict__.pop("current_roles", None)
    user.__dict__.pop("rights", None)


def _end(held: PractitionerRole) -> None:
    """The facility's last administrator stays one whatever the directory says; the log tells."""
    try:
        end_role(held=held, by=None)
    except DomainError as refusal:
        if refusal.code != "last_administrator":
            raise
        record(
            "role.end",
            by=None,
            of=held,
            outcome="failure",
            detail={"role": held.role, "reason": refusal.code},
        )
