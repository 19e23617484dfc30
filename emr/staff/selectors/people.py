"""The list of staff, searched and narrowed, and what stands on a person's page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from emr.accounts.models import PractitionerRole, User
from emr.accounts.selectors import roles_of
from emr.common.clock import now
from emr.common.vietnamese import fold
from emr.staff.models import Absence, PractisingLicence
from emr.staff.selectors.practice import expiring_licences, unlicensed

ACTIVE, SUSPENDED, LEFT, ALL = "active", "suspended", "left", "all"
EXPIRING, MISSING = "expiring", "missing"


@dataclass(frozen=True)
class Question:
    """What the list is narrowed by."""

    q: str = ""
    department: int | None = None
    role: str = ""
    state: str = ACTIVE
    licence: str = ""


def staff_list(user: User, asked: Question) -> QuerySet[User]:
    """The facility's people that fit, in the order of a Vietnamese register, with roles, absences and licences."""
    moment = now()
    absent = Absence.objects.filter(user=OuterRef("pk"), ends_at=None)
    rows = User.objects.filter(facility=user.facility_id)
    if asked.state == ACTIVE:
        rows = rows.filter(is_active=True)
    elif asked.state == LEFT:
        rows = rows.filter(Exists(absent.filter(kind=Absence.Kind.LEFT)), is_active=False)
    elif asked.state == SUSPENDED:
        rows = rows.filter(is_active=False).exclude(Exists(absent.filter(kind=Absence.Kind.LEFT)))
    for word in fold(asked.q).split():
        rows = rows.filter(
            Q(search_name__contains=word)
            | Q(username__contains=word)
            | Q(staff_code__icontains=word)
            | Q(licence_number__icontains=word)
        )
    held = PractitionerRole.objects.filter(user=OuterRef("pk")).at(moment)
    if asked.department:
        held = held.filter(department=asked.department)
    if asked.role:
        held = held.filter(role=asked.role)
    if asked.department or asked.role:
        rows = rows.filter(Exists(held))
    if asked.licence == EXPIRING:
        rows = rows.filter(pk__in=expiring_licences(user.facility_id).order_by().values("user"))
    elif asked.licence == MISSING:
        rows = rows.filter(pk__in=unlicensed(user.facility_id).values("pk"))
    return rows.prefetch_related(
        Prefetch(
            "practitioner_roles",
            PractitionerRole.objects.at(moment).select_related("department"),
            to_attr="roles_now",
        ),
        Prefetch("absences", Absence.objects.filter(ends_at=None), to_attr="absence_now"),
        Prefetch(
            "licences",
            PractisingLicence.objects.filter(withdrawn_on=None).order_by("-valid_from"),
            to_attr="licences_now",
        ),
    ).order_by("sort_key", "pk")


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the list in words."""

    user: User
    roles: list[tuple[str, str]]  # role, department
    state: str
    licence: str
    licence_ends: dt.date | None


def in_words(users: list[User], facility_id: int) -> list[Person]:
    """The rows with their roles and states in the reader's language."""
    names = {role.code: str(role.label) for role in roles_of(facility_id)}
    return [_person(user, names) for user in users]


def _person(user: Any, names: dict[str, str]) -> Person:
    licence = user.licences_now[0] if user.licences_now else None
    return Person(
        user=user,
        roles=[(names.get(held.role, held.role), held.department.name) for held in user.roles_now],
        state=_state(user),
        licence=licence.number if licence else user.licence_number,
        licence_ends=licence.valid_to if licence else None,
    )


def _state(user: Any) -> str:
    if user.is_active:
        return ACTIVE
    return LEFT if any(row.kind == Absence.Kind.LEFT for row in user.absence_now) else SUSPENDED


def roles_over_time(user: User) -> list[tuple[PractitionerRole, str, bool]]:
    """Every role that the person held, holds or will hold, the newest first: row, name, whether it can be ended."""
    names = {role.code: str(role.label) for role in roles_of(user.facility_id)}
    moment = now()
    rows = (
        PractitionerRole.objects.filter(user=user).select_related("department").order_by("-starts_at", "-pk")
    )
    return [(row, names.get(row.role, row.role), row.ends_at is None or row.ends_at > moment) for row in rows]
