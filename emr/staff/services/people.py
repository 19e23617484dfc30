"""People come by hand, change, are shut out for a while, leave and come back."""

import datetime as dt
import re
import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import Organization, PractitionerRole, User
from emr.accounts.permissions import MANAGE
from emr.accounts.services import create_user, end_role, grant_role, resume_user, suspend_user
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from emr.outbox import publish
from emr.staff.models import Absence

# Without what is mistaken for another letter when it is read from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def propose_username(full_name: str) -> str:
    """ "Nguyễn Văn An" → "annv": given name, then the initials; with a number where that is taken."""
    names = [re.sub(r"[^a-z0-9]", "", word) for word in fold(full_name).split()]
    names = [word for word in names if word]
    if not names:
        return ""
    base = (names[-1] + "".join(word[0] for word in names[:-1]))[:50]
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    return next(name for name in (base, *(f"{base}{n}" for n in range(2, 10_000))) if name not in taken)


def new_password() -> str:
    """A first password to be read from paper: four groups of five, above 95 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


@transaction.atomic
def add_member(
    *,
    facility: Organization,
    full_name: str,
    staff_code: str,
    role: str,
    department: Organization,
    by: User,
    title: str = "",
    username: str = "",
) -> tuple[User, str]:
    """Make a member of staff with a role; answers the account and its first password, which is kept nowhere."""
    demand(by, MANAGE)
    password = new_password()
    user = create_user(
        facility=facility,
        username=username or propose_username(full_name),
        full_name=full_name,
        staff_code=staff_code,
        title=title,
        password=password,
        by=by,
    )
    grant_role(user=user, role=role, department=department, by=by)
    return user, password


@transaction.atomic
def change_member(*, user: User, full_name: str, staff_code: str, title: str, by: User) -> User:
    """Correct a name, a title, a staff code. The username stays: documents and the log name it."""
    demand(by, MANAGE)
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    wanted = {"full_name": tidy(full_name), "staff_code": staff_code.strip(), "title": title.strip()}
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    if not changed:
        return user
    for name in changed:
        setattr(user, name, wanted[name])
    try:
        with transaction.atomic():
            user.save(update_fields=[*changed, "sort_key", "search_name"])
    except IntegrityError as error:
        raise DomainError(
            _("Another person has this staff code."), code="taken", field="staff_code"
        ) from error
    record("user.change", by=by, of=user, detail={"fields": changed})
    return user


@transaction.atomic
def suspend_member(*, user: User, reason: str, by: User) -> Absence:
    """Shut the account for a while; its roles wait."""
    demand(by, MANAGE)
    _refuse_absent(user)
    suspend_user(user=user, reason=reason, by=by)
    return Absence.objects.create(
        facility_id=user.facility_id,
        user=user,
        kind=Absence.Kind.SUSPENDED,
        reason=reason,
        starts_at=now(),
        by=by,
    )


@transaction.atomic
def let_go(*, user: User, by: User, reason: str = "") -> Absence:
    """Who leaves is shut out everywhere in one act: account, sessions and keys, every role (S-19)."""
    demand(by, MANAGE)
    _refuse_absent(user, kind=Absence.Kind.LEFT)
    moment = now()
    suspend_user(user=user, reason=reason or "left", by=by)
    Absence.objects.filter(user=user, ends_at=None).update(ends_at=moment)
    absence = Absence.objects.create(
        facility_id=user.facility_id,
        user=user,
        kind=Absence.Kind.LEFT,
        reason=reason,
        starts_at=moment,
        by=by,
    )
    for held in PractitionerRole.objects.filter(user=user, starts_at__lt=moment).at(moment):
        end_role(held=held, by=by, at=moment)
    record("user.left", by=by, of=user, detail={"reason": reason})
    return absence


@transaction.atomic
def bring_back(*, user: User, by: User) -> User:
    """End the absence. Roles that ended with a leave are given again, as far as they may be."""
    demand(by, MANAGE)
    absence = Absence.objects.select_for_update().filter(user=user, ends_at=None).first()
    if absence is not None:
        absence.ends_at = now()
        absence.save(update_fields=["ends_at"])
    resume_user(user=user, by=by)
    if absence is not None and absence.kind == Absence.Kind.LEFT:
        for held in PractitionerRole.objects.filter(user=user, ends_at=absence.starts_at).select_related(
            "department"
        ):
            grant_role(user=user, role=held.role, department=held.department, by=by)
    return user


@transaction.atomic
def issue_password(*, user: User, by: User) -> str:
    """A new first password, read out once by an administrator to the person who lost theirs; sessions end."""
    demand(by, MANAGE)
    if user.pk == by.pk:
        raise DomainError(_("Another administrator has to do this for you."), code="own_roles")
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    password = new_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    record("user.password_issued", by=by, of=user)
    publish("user.password_issued", order_key=f"user:{user.pk}", user_id=user.pk)
    return password


@transaction.atomic
def give_role(
    *,
    user: User,
    role: str,
    department: Organization,
    by: User,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> PractitionerRole:
    """Give a role in a department from one instant to another."""
    demand(by, MANAGE)
    return grant_role(
        user=user, role=role, department=department, by=by, starts_at=starts_at, ends_at=ends_at
    )


@transaction.atomic
def take_role(*, held: PractitionerRole, by: User, at: dt.datetime | None = None) -> PractitionerRole:
    """Let a role end, now or at an instant to come."""
    demand(by, MANAGE)
    return end_role(held=held, by=by, at=at)


def _refuse_absent(user: User, kind: str = "") -> None:
    open_ones = Absence.objects.filter(user=user, ends_at=None)
    if (open_ones.filter(kind=kind) if kind else open_ones).exists():
        raise DomainError(_("The account is shut already."), code="absent")
