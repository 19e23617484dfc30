"""Repeated tests: avoided with an earlier result, or repeated with a reason, in a month (Law 51/2024/QH15, article 3)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from encounters.orders.models import RepeatDecision

_ZERO = Decimal(0)
_REUSED = Q(decision=RepeatDecision.Decision.REUSE)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the facility's time."""

    year: int
    month: int

    @classmethod
    def of(cls, text: str, today: dt.date) -> "Month":
        """ "2026-11"; anything else is the present month."""
        try:
            day = dt.date.fromisoformat(f"{text}-01")
        except ValueError:
            return cls(today.year, today.month)
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """From its first instant to the next one's."""
        zone = timezone.get_current_timezone()
        after = (dt.date(self.year, self.month, 28) + dt.timedelta(days=4)).replace(day=1)
        first = dt.datetime(self.year, self.month, 1, tzinfo=zone)
        return first, dt.datetime(after.year, after.month, 1, tzinfo=zone)

    @property
    def before(self) -> "Month":
        """The month before."""
        last = dt.date(self.year, self.month, 1) - dt.timedelta(days=1)
        return Month(last.year, last.month)

    @property
    def next(self) -> "Month":
        """The month after."""
        after = (dt.date(self.year, self.month, 28) + dt.timedelta(days=4)).replace(day=1)
        return Month(after.year, after.month)


@dataclass(frozen=True, slots=True)
class Saving:
    """One line: asked about so often, used again, repeated; `saved` in đồng, of those whose price is known."""

    code: str
    text: str
    asked: int
    reused: int
    repeated: int
    saved: Decimal
    unpriced: int

    @property
    def share(self) -> int:
        """Percent used again."""
        return round(100 * self.reused / self.asked) if self.asked else 0


def decisions_in(facility_id: int, month: Month) -> QuerySet[RepeatDecision]:
    """What was decided in the month."""
    first, after = month.bounds
    return RepeatDecision.objects.filter(
        facility_id=facility_id, created_at__gte=first, created_at__lt=after
    ).order_by()


def _counted(rows: QuerySet[RepeatDecision], code: str, text: str) -> list[Saving]:
    money = Coalesce(Sum("price", filter=_REUSED), _ZERO, output_field=DecimalField())
    counted = rows.values(code, text).annotate(
        asked=Count("pk"),
        reused=Count("pk", filter=_REUSED),
        saved=money,
        unpriced=Count("pk", filter=_REUSED & Q(price=None)),
    )
    return [
        Saving(
            code=row[code] or "",
            text=row[text] or "",
            asked=row["asked"],
            reused=row["reused"],
            repeated=row["asked"] - row["reused"],
            saved=row["saved"],
            unpriced=row["unpriced"],
        )
        for row in counted.order_by("-saved", "-asked", code)
    ]


def savings_by_service(facility_id: int, month: Month) -> list[Saving]:
    """By test or image, the dearest first. One query."""
    return _counted(decisions_in(facility_id, month), "code", "order_text")


def savings_by_department(facility_id: int, month: Month) -> list[Saving]:
    """By the department whose doctor decided, the dearest first. One query."""
    return _counted(decisions_in(facility_id, month), "entry__department__code", "entry__department__name")


def total_of(rows: list[Saving]) -> Saving:
    """All of them together."""
    return Saving(
        code="",
        text="",
        asked=sum(row.asked for row in rows),
        reused=sum(row.reused for row in rows),
        repeated=sum(row.repeated for row in rows),
        saved=sum((row.saved for row in rows), _ZERO),
        unpriced=sum(row.unpriced for row in rows),
    )


def reasons_for_repeating(facility_id: int, month: Month, limit: int = 50) -> list[RepeatDecision]:
    """Why tests were repeated all the same, the newest first. One query."""
    rows = decisions_in(facility_id, month).exclude(_REUSED)
    return list(rows.select_related("entry__department", "answered_by").order_by("-pk")[:limit])
