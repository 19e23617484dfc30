"""Questions about staff."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django_stubs_ext import StrOrPromise

from emr.accounts import permissions, roles
from emr.accounts.models import Organization, PractitionerRole, Role, User
from emr.common.clock import now


@dataclass(frozen=True, slots=True)
class StaffCounts:
    """How many accounts there are, how many may sign in, and who holds which role at this moment."""

    all: int
    active: int
    by_role: list[tuple[StrOrPromise, int]]


def facility_ids() -> list[int]:
    """Every facility of the deployment: a job that goes round works for one after the other."""
    facilities = Organization.objects.filter(kind=Organization.Kind.FACILITY).order_by("pk")
    return list(facilities.values_list("pk", flat=True))


def staff_counts(facility_id: int) -> StaffCounts:
    """The facility's accounts in numbers; two queries."""
    counts = User.objects.filter(facility_id=facility_id).aggregate(
        all=Count("pk"), active=Count("pk", filter=Q(is_active=True))
    )
    at = now()
    held = (
        PractitionerRole.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=at),
            user__facility_id=facility_id,
            user__is_active=True,
            starts_at__lte=at,
        )
        .order_by()
        .values_list("role")
        .annotate(people=Count("user", distinct=True))
    )
    people = dict(held)
    names = {role.code: role.label for role in roles_of(facility_id)}
    return StaffCounts(by_role=[(name, people.get(code, 0)) for code, name in names.items()], **counts)


def roles_of(facility_id: int) -> list[Role]:
    """The facility's roles, one a code: its own in a shipped one's place; shipped ones in their order, then the others."""
    order = {code: place for place, (code, _label) in enumerate(roles.CHOICES)}
    rows = Role.objects.filter(Q(facility=None) | Q(facility=facility_id), is_active=True)
    found: dict[str, Role] = {}
    for role in rows.order_by(F("facility").asc(nulls_first=True)).prefetch_related("grants"):
        found[role.code] = role
    return sorted(found.values(), key=lambda role: (order.get(role.code, len(order)), role.name))


def has_administrator(facility_id: int) -> bool:
    """Whether somebody who may sign in manages accounts now, by a role without an end."""
    held = PractitionerRole.objects.filter(user__facility=facility_id, user__is_active=True, ends_at=None).at(
        now()
    )
    return any(
        permissions.MANAGE in row.grants for row in held.filter(role__in=_managing(facility_id)).with_grants()
    )


def _managing(facility_id: int) -> list[str]:
    return list(
        Role.objects.filter(
            Q(facility=None) | Q(facility=facility_id), grants__right=permissions.MANAGE
        ).values_list("code", flat=True)
    )


def roles_at(ids: Iterable[int], since: dt.datetime, until: dt.datetime) -> dict[int, list[PractitionerRole]]:
    """The roles that these people held at some time between the instants; one query."""
    held = PractitionerRole.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=since), user__in=list(ids), starts_at__lte=until
    )
    found: dict[int, list[PractitionerRole]] = defaultdict(list)
    for role in held.select_related("department").order_by("starts_at", "pk"):
        found[role.user_id].append(role)
    return found


def roles_in_words(held: Iterable[PractitionerRole]) -> str:
    """ "Doctor, Internal Medicine; Head of department, Surgery"."""
    return "; ".join(f"{roles.label_of(role.role)}, {role.department.name}" for role in held)
