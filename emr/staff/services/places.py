"""Departments, wards, rooms and beds: made, renamed, closed. Nothing is deleted, since records name it."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import Location, Organization, PractitionerRole, User
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError


@transaction.atomic
def save_department(
    *,
    facility: Organization,
    by: User,
    code: str,
    name: str,
    is_clinical: bool = True,
    is_active: bool = True,
    phone: str = "",
    department: Organization | None = None,
) -> Organization:
    """Make a department, or change one. One where somebody works isn't closed."""
    demand(by, MANAGE)
    is_new = department is None
    row = department or Organization(kind=Organization.Kind.DEPARTMENT, parent=facility)
    if not is_new and row.is_active and not is_active and _has_people(row):
        raise DomainError(
            _("Somebody still holds a role here. End or move these roles first."),
            code="in_use",
            field="is_active",
        )
    row.code, row.name, row.phone = code.strip(), name.strip(), phone.strip()
    row.is_clinical, row.is_active = is_clinical, is_active
    _saved(row, _("Another department has this code."))
    record("department.create" if is_new else "department.change", by=by, of=row, detail={"code": row.code})
    return row


@transaction.atomic
def save_location(
    *, department: Organization, by: User, location: Location | None = None, **values: Any
) -> Location:
    """Make a ward, a room or a bed, or change one; its beds keep those who lie in them."""
    demand(by, MANAGE)
    is_new = location is None
    row = location or Location(facility_id=department.facility_id, department=department)
    for name in ("kind", "parent", "code", "name", "status", "is_intensive_care", "position"):
        if name in values:
            setattr(row, name, values[name])
    if row.parent is not None and row.parent.department_id != department.pk:
        raise DomainError(_("This room belongs to another department."), code="other", field="parent")
    _saved(row, _("Another place of this department has this code."))
    record("location.create" if is_new else "location.change", by=by, of=row, detail={"code": row.code})
    return row


def _saved(row: Organization | Location, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise DomainError(taken, code="taken", field="code") from error


def _has_people(department: Organization) -> bool:
    lasting = Q(ends_at=None) | Q(ends_at__gt=now())
    return PractitionerRole.objects.filter(lasting, department=department, user__is_active=True).exists()
