"""A ward's doses, counted a stay."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from emr.common.clock import now
from emr.common.compiled import Compiled
from encounters.medicines.models import DueDose
from encounters.medicines.selectors.reasons import late_minutes
from encounters.orders.models import Order

_UNANSWERED = Q(outcome="", ended="") & ~Q(order__status=Order.Status.ON_HOLD)
_GIVEN = Q(outcome__in=["given", "partial", "running"])


@dataclass(frozen=True, slots=True)
class DoseCounts:
    """Of one stay: unanswered doses of a time, those late by now, those given and not given in it, the next to give."""

    due: int = 0
    overdue: int = 0
    given: int = 0
    not_given: int = 0
    next_at: dt.datetime | None = None


def late_since(facility_id: int) -> dt.datetime:
    """Doses due before this instant are late."""
    return now() - dt.timedelta(minutes=late_minutes(facility_id))


def doses_by_stay(
    stay_ids: Collection[int], start: dt.datetime, end: dt.datetime, facility_id: int
) -> dict[int, DoseCounts]:
    """{stay: its counts from `start` to `end`}; stays without any dose are left out. Late ones of before count as overdue.

    Of stays of one facility; two queries (its settings, the counts), whatever their number, none without stays.
    """
    if not stay_ids:
        return {}
    return {
        row["encounter"]: DoseCounts(
            row["due"], row["overdue"], row["given"], row["not_given"], row["next_at"]
        )
        for row in _counts(list(stay_ids), start, end, late_since(facility_id))
    }


@Compiled
def _counts(
    stay_ids: list[int], start: dt.datetime, end: dt.datetime, late_since: dt.datetime
) -> QuerySet[Any, Any]:
    during = Q(due_at__gte=start, due_at__lt=end)
    late = _UNANSWERED & Q(due_at__lt=late_since)
    return (
        DueDose.objects.filter(encounter__any_of=stay_ids)
        .filter(during | _UNANSWERED)
        .order_by()
        .values("encounter")
        .annotate(
            due=Count("pk", filter=_UNANSWERED & during),
            overdue=Count("pk", filter=late),
            given=Count("pk", filter=_GIVEN & during),
            not_given=Count("pk", filter=Q(outcome="not-given") & during),
            next_at=Min("due_at", filter=_UNANSWERED),
        )
    )
