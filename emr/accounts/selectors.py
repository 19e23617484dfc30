"""Questions about staff."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django_stubs_ext import StrOrPromise

from emr.accounts import roles
from emr.accounts.models import PractitionerRole, User
from emr.common.clock import now


@dataclass(frozen=True, slots=True)
class StaffCounts:
    """How many accounts there are, how many may sign in, and who holds which role at this moment."""

    all: int
    active: int
    by_role: list[tuple[StrOrPromise, int]]


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
    return StaffCounts(by_role=[(name, people.get(role, 0)) for role, name in roles.CHOICES], **counts)


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
    return "; ".join(f"{role.get_role_display()}, {role.department.name}" for role in held)
