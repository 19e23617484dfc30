"""Questions about staff."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django_stubs_ext import StrOrPromise

from emr.accounts import roles
from emr.accounts.models import Organization, PractitionerRole, User
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
    return StaffCounts(by_role=[(name, people.get(role, 0)) for role, name in roles.CHOICES], **counts)
