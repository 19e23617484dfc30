"""Refusals that somebody has to deal with."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from emr.accounts.models import User
from encounters.orders import permissions
from encounters.orders.models import OrderRefusal
from encounters.visits.access import encounters_for


def refusals_for(user: User, *, whose: str = "mine", settled: bool = False) -> QuerySet[OrderRefusal]:
    """Of the patients whom the person reaches, newest first; "mine": of orders that the person wrote or confirmed."""
    found = OrderRefusal.objects.filter(
        encounter__in=encounters_for(user, permissions.READ).values("pk"), settled_at__isnull=not settled
    ).select_related(
        "patient", "encounter__department", "medication__confirmed_by", "service__confirmed_by", "settled_by"
    )
    if whose == "mine":
        found = found.filter(
            Q(medication__confirmed_by=user)
            | Q(medication__requester=user)
            | Q(service__confirmed_by=user)
            | Q(service__requester=user)
        )
    return found.order_by("-refused_at", "-pk")


def open_refusals(uuids: Iterable[str]) -> dict[str, OrderRefusal]:
    """{order's public id: its newest open refusal}. One query."""
    wanted = list(uuids)
    rows = (
        OrderRefusal.objects.filter(
            Q(medication__uuid__in=wanted) | Q(service__uuid__in=wanted), settled_at=None
        )
        .select_related("medication", "service")
        .order_by("pk")
    )
    return {str((row.medication or row.service).uuid): row for row in rows}  # type: ignore[union-attr]  # one of the two
