"""People come, change roles and leave."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from emr.accounts import roles
from emr.accounts.models import FacilitySetting, Organization, PractitionerRole, Role, User
from emr.accounts.selectors import has_administrator
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish


@transaction.atomic
def create_user(
    *,
    facility: Organization,
    username: str,
    full_name: str,
    staff_code: str,
    password: str | None,
    by: User | None,
    title: str = "",
    licence_number: str = "",
) -> User:
    """Make a member of staff; roles are given apart. Refuses a taken username or staff code and a weak password.

    Without a password nobody comes in under the name until one is issued.
    """
    user = User(
        facility=facility,
        username=username,
        full_name=full_name,
        staff_code=staff_code,
        title=title,
        licence_number=licence_number,
    )
    try:
        if password is not None:
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


def lock_facility(facility_id: int) -> Organization:
    """Changes of who may do what come one after another: two administrators can't take each other's right away at once."""
    return Organization.objects.select_for_update(no_key=True).get(pk=facility_id)


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
    """Give a role in a department; a facility's office holds facility-wide roles. `by` is None for the machine alone.

    An administrator hands out whole bundles, which the release or two administrators let through, never single rights.
    """
    lock_facility(user.facility_id)
    _refuse_oneself(user, by)
    if not Role.objects.filter(Q(facility=None) | Q(facility=user.facility_id), code=role).exists():
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
    keep_apart(user_ids=[user.pk])
    record("role.grant", by=by, of=held, detail={"role": role, "user": user.pk, "department": department.pk})
    end_sessions(user=user, by=by, reason="role")
    publish("user.rights_changed", order_key=f"user:{user.pk}", user_id=user.pk)
    return held


@transaction.atomic
def end_role(*, held: PractitionerRole, by: User | None, at: dt.datetime | None = None) -> PractitionerRole:
    """Let a role end, now or at an instant to come. The facility keeps an administrator."""
    user = held.user
    lock_facility(user.facility_id)
    _refuse_oneself(user, by)
    held = PractitionerRole.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if held.ends_at is not None and held.ends_at <= now():
        return held
    with keeping_an_administrator(user.facility_id):
        if held.starts_at >= (at or now()):
            raise DomainError(_("The role hasn't begun by then."), code="not_begun", field="ends_at")
        held.ends_at = at or now()
        held.save(update_fields=["ends_at"])
    detail = {"role": held.role, "user": user.pk, "department": held.department_id, "ends_at": held.ends_at}
    record("role.end", by=by, of=held, detail=detail)
    end_sessions(user=user, by=by, reason="role")
    publish("user.rights_changed", order_key=f"user:{user.pk}", user_id=user.pk)
    return held


@transaction.atomic
def suspend_user(*, user: User, reason: str, by: User | None) -> User:
    """Let nobody in under this name from the next request on; sessions and keys follow by the event (S-19)."""
    lock_facility(user.facility_id)
    _refuse_oneself(user, by)
    with keeping_an_administrator(user.facility_id):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        user.is_active = False
        user.save(update_fields=["is_active"])
    record("user.suspended", by=by, of=user, detail={"reason": reason})
    end_sessions(user=user, by=by, reason="suspended")
    publish("user.suspended", order_key=f"user:{user.pk}", user_id=user.pk)
    return user


@transaction.atomic
def resume_user(*, user: User, by: User | None) -> User:
    """Let a suspended person in again, with the roles that they still hold."""
    lock_facility(user.facility_id)
    _refuse_oneself(user, by)
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("user.resume", by=by, of=user)
    publish("user.resumed", order_key=f"user:{user.pk}", user_id=user.pk)
    return user


def _refuse_oneself(user: User, by: User | None) -> None:
    if by is not None and by.pk == user.pk:
        raise DomainError(_("Nobody changes their own roles or account."), code="own_roles")


def keep_apart(*, user_ids: Iterable[int]) -> None:
    """Refuse when somebody's roles, held at one time now or later, mix guarded and clinical rights."""
    lasting = PractitionerRole.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()), user__in=user_ids)
    by_user: dict[int, list[PractitionerRole]] = {}
    for held in lasting.with_grants():
        by_user.setdefault(held.user_id, []).append(held)
    for rows in by_user.values():
        for one, other in itertools.combinations_with_replacement(rows, 2):
            if one.overlaps(other) and roles.is_mixed({*one.grants, *other.grants}):
                raise DomainError(
                    _("Administrators and auditors do no clinical work: these roles can't be held together."),
                    code="separation",
                    field="role",
                )


@contextmanager
def keeping_an_administrator(facility_id: int) -> Iterator[None]:
    """Undo the block when it leaves the facility without somebody who may manage accounts. Needs the facility's lock."""
    before = has_administrator(facility_id)
    yield
    if before and not has_administrator(facility_id):
        raise DomainError(
            _("This would leave nobody to manage accounts. Name another administrator first."),
            code="last_administrator",
        )


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
