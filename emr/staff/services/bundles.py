"""Roles as bundles: changed, copied, retired; what reaches beyond the editor's own rights needs a second administrator."""

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts import roles
from emr.accounts.access import demand
from emr.accounts.models import Organization, Role, RoleGrant, User
from emr.accounts.permissions import MANAGE
from emr.accounts.selectors import roles_of
from emr.accounts.services import keep_apart, keeping_an_administrator, lock_facility
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import fold, tidy
from emr.outbox import publish_many
from emr.staff.models import RoleChange
from emr.staff.selectors.bundles import lasting_holders

Grants = dict[str, str]


@dataclass(frozen=True)
class _Wanted:
    """A bundle as it shall be, and as it is."""

    facility: Organization
    code: str
    name: str
    grants: Grants
    present: Role


@transaction.atomic
def save_role(
    *, facility: Organization, code: str, name: str, grants: Grants, version: int, by: User
) -> Role | RoleChange:
    """Change a bundle. Answers the role, or the change that now waits for a second administrator.

    At once: what takes rights away, what the editor holds, and what the release ships under this code.
    """
    demand(by, MANAGE)
    lock_facility(facility.pk)
    present = _effective(facility, code)
    if present.version != version:
        raise Conflict(_("Somebody else changed this role meanwhile. Look at it again."))
    _refuse_nonsense(grants)
    name = _free_name(facility, name, but=code)
    wider = _wider(grants, _grants(present))
    _refuse_own_gain(by, code, wider)
    if wider and not _is_covered(by, wider) and not _is_shipped(code, grants):
        return _propose(_Wanted(facility, code, name, grants, present), by)
    return _put(_Wanted(facility, code, name, grants, present), by)


@transaction.atomic
def copy_role(*, facility: Organization, source: str, name: str, by: User) -> Role:
    """A new role with the rights of one that was let through already."""
    demand(by, MANAGE)
    lock_facility(facility.pk)
    grants = _grants(_effective(facility, source))
    name = _free_name(facility, name)
    role = Role.objects.create(facility=facility, code=_free_code(facility, name), name=name)
    RoleGrant.objects.bulk_create(
        RoleGrant(role=role, right=right, scope=scope) for right, scope in grants.items()
    )
    record("role.copy", by=by, of=role, detail={"source": source, "code": role.code})
    return role


@transaction.atomic
def approve_change(*, change: RoleChange, by: User) -> Role:
    """The second administrator lets a change through."""
    demand(by, MANAGE)
    lock_facility(change.facility_id)
    change = _pending(change)
    if change.proposed_by_id == by.pk:
        raise DomainError(_("Another administrator has to approve this."), code="four_eyes")
    present = _effective(change.facility, change.code)
    if present.version != change.base_version:
        raise Conflict(_("The role was changed after this was proposed. Refuse it and propose anew."))
    _refuse_own_gain(by, change.code, _wider(change.grants, _grants(present)))
    _decide(change, RoleChange.Status.APPROVED, by)
    return _put(_Wanted(change.facility, change.code, change.name, change.grants, present), by, change)


@transaction.atomic
def refuse_change(*, change: RoleChange, by: User) -> RoleChange:
    """An administrator says no, or the proposer takes it back."""
    demand(by, MANAGE)
    change = _pending(change)
    _decide(change, RoleChange.Status.REFUSED, by)
    record("role.refuse", by=by, of=change, detail={"code": change.code})
    return change


@transaction.atomic
def retire_role(*, facility: Organization, code: str, by: User) -> Role:
    """Take a role of the house out of the lists. Shipped roles stay, and so does what somebody holds."""
    demand(by, MANAGE)
    lock_facility(facility.pk)
    role = _effective(facility, code)
    if role.is_shipped or code in roles.ROLES:
        raise DomainError(_("A shipped role stays."), code="shipped")
    if lasting_holders(facility.pk, code).exists():
        raise DomainError(_("Somebody still holds this role."), code="held")
    role.is_active = False
    role.save(update_fields=["is_active"])
    record("role.end", by=by, of=role, detail={"code": code})
    return role


def _effective(facility: Organization, code: str) -> Role:
    found = next((role for role in roles_of(facility.pk) if role.code == code), None)
    if found is None:
        raise DomainError(_("There is no role %(role)s.") % {"role": code}, code="unknown_role")
    return found


def _grants(role: Role) -> Grants:
    return {grant.right: grant.scope for grant in role.grants.all()}


def _refuse_nonsense(grants: Grants) -> None:
    if not set(grants) <= set(roles.RIGHTS) or not set(grants.values()) <= set(roles.Scope):
        raise DomainError(_("There is no such right."), code="unknown_right")
    if roles.is_mixed(grants):
        raise DomainError(
            _("Managing accounts or reading the audit log goes with no clinical right in one role."),
            code="separation",
        )


def _free_name(facility: Organization, name: str, but: str = "") -> str:
    name = tidy(name)
    taken = {fold(str(role.label)) for role in roles_of(facility.pk) if role.code != but}
    if not name or fold(name) in taken:
        raise DomainError(_("Another role has this name."), code="taken", field="name")
    return name


def _free_code(facility: Organization, name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:20] or "role"
    taken = set(Role.objects.filter(facility=facility).values_list("code", flat=True)) | set(roles.ROLES)
    return next(code for code in (base, *(f"{base}_{n}" for n in range(2, 1000))) if code not in taken)


def _wider(wanted: Grants, present: Grants) -> Grants:
    """What is new, or reaches further than before."""
    return {
        right: scope
        for right, scope in wanted.items()
        if present.get(right) not in {scope, roles.Scope.FACILITY.value}
    }


def _is_covered(by: User, wider: Grants) -> bool:
    """Whether the person holds everything that is to be handed out, as far as it reaches."""
    return all(
        by.has_right(right)
        and (scope == roles.Scope.DEPARTMENT or by.departments_for(right) == roles.EVERYWHERE)
        for right, scope in wider.items()
    )


def _is_shipped(code: str, grants: Grants) -> bool:
    return code in roles.ROLES and grants == {r: s.value for r, s in roles.ROLES[code].items()}


def _refuse_own_gain(by: User, code: str, wider: Grants) -> None:
    if wider and by.has_role(code):
        raise DomainError(_("Nobody widens a role that they hold themselves."), code="own_roles")


def _propose(wanted: _Wanted, by: User) -> RoleChange:
    pending = RoleChange.objects.filter(facility=wanted.facility, status=RoleChange.Status.PENDING)
    if pending.filter(code=wanted.code).exists():
        raise DomainError(_("A change of this role waits already."), code="waiting")
    change = RoleChange.objects.create(
        facility=wanted.facility,
        code=wanted.code,
        name=wanted.name,
        grants=wanted.grants,
        base_version=wanted.present.version,
        proposed_by=by,
    )
    detail = {"code": wanted.code, **_difference(wanted.grants, _grants(wanted.present))}
    record("role.request", by=by, of=change, detail=detail)
    return change


def _put(wanted: _Wanted, by: User, change: RoleChange | None = None) -> Role:
    facility, code = wanted.facility, wanted.code
    with keeping_an_administrator(facility.pk):
        role, _is_new = Role.objects.get_or_create(
            facility=facility, code=code, defaults={"name": wanted.name}
        )
        role.name, role.version = wanted.name, max(role.version, wanted.present.version) + 1
        # As shipped again: the shipped row counts, and follows the release from now on.
        role.is_active = not _is_shipped(code, wanted.grants)
        role.save(update_fields=["name", "version", "is_active"])
        role.grants.all().delete()
        RoleGrant.objects.bulk_create(
            RoleGrant(role=role, right=right, scope=scope) for right, scope in wanted.grants.items()
        )
    user_ids = sorted(set(lasting_holders(facility.pk, code).values_list("user_id", flat=True)))
    keep_apart(user_ids=user_ids)
    detail = {"code": code, "holders": len(user_ids), **_difference(wanted.grants, _grants(wanted.present))}
    if change is not None:
        detail |= {"proposed_by": change.proposed_by_id, "change": change.pk}
    record("role.change", by=by, of=role, detail=detail)
    publish_many("user.rights_changed", [(f"user:{pk}", {"user_id": pk}) for pk in user_ids])
    return role


def _difference(wanted: Grants, present: Grants) -> dict[str, list[str]]:
    return {
        "added": sorted(f"{r} {s}" for r, s in wanted.items() if present.get(r) != s),
        "removed": sorted(f"{r} {s}" for r, s in present.items() if wanted.get(r) != s),
    }


def _pending(change: RoleChange) -> RoleChange:
    change = RoleChange.objects.select_for_update(of=("self",)).select_related("facility").get(pk=change.pk)
    if change.status != RoleChange.Status.PENDING:
        raise DomainError(_("This is decided already."), code="decided")
    return change


def _decide(change: RoleChange, status: RoleChange.Status, by: User) -> None:
    change.status, change.decided_by, change.decided_at = status, by, now()
    change.save(update_fields=["status", "decided_by", "decided_at"])
