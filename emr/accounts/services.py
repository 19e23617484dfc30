"""People come, change roles and leave."""

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from emr.accounts import roles
from emr.accounts.models import FacilitySetting, Organization, PractitionerRole, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError


@transaction.atomic
def create_user(
    *,
    facility: Organization,
    username: str,
    full_name: str,
    staff_code: str,
    password: str,
    by: User | None,
    title: str = "",
    licence_number: str = "",
) -> User:
    """Make a member of staff; roles are given apart. Refuses a taken username or staff code and a weak password."""
    user = User(
        facility=facility,
        username=username,
        full_name=full_name,
        staff_code=staff_code,
        title=title,
        licence_number=licence_number,
    )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), code="weak_password", field="password") from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise DomainError(
            _("This username or staff code is taken."), code="taken", field="username"
        ) from error
    record("user.create", by=by, of=user)
    return user


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    department: Organization,
    by: User | None,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> PractitionerRole:
    """Give a role in a department; a facility's office holds facility-wide roles."""
    if role not in roles.ROLES:
        raise DomainError(_("There is no role %(role)s.") % {"role": role}, code="unknown_role", field="role")
    if department.facility_id != user.facility_id:
        raise DomainError(
            _("The department belongs to another facility."), code="other_facility", field="department"
        )
    try:
        with transaction.atomic():
            held = PractitionerRole.objects.create(
                user=user, role=role, department=department, starts_at=starts_at or now(), ends_at=ends_at
            )
    except IntegrityError as error:
        raise DomainError(_("The person already holds this role there."), code="already_held") from error
    record("role.grant", by=by, of=held, detail={"role": role, "user": user.pk, "department": department.pk})
    end_sessions(user=user, by=by, reason="role")
    return held


@transaction.atomic
def end_sessions(*, user: User, by: User | None, reason: str) -> None:
    """Sign the person out everywhere, with the next request of each device (S-19).

    Whoever takes something away from a person (a role, the account) calls this.
    """
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    record("user.end_sessions", by=by, of=user, detail={"reason": reason})


def facility_setting(facility_id: int, name: str, default: Any) -> Any:
    """A facility's choice, or the default."""
    row = FacilitySetting.objects.filter(facility_id=facility_id, name=name).first()
    return default if row is None else row.value
