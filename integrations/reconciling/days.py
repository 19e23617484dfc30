"""The day that is reconciled, and what a facility calls late."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import BigIntegerField, Model, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare
from emr.common.clock import local_today

declare(
    Whole(
        name="reconciling_laboratory_hours",
        room="reconciling",
        label=gettext_lazy("A laboratory test without a result is late after"),
        default=6,
        least=1,
        most=240,
        unit=pgettext_lazy("unit", "hours"),
    )
)
declare(
    Whole(
        name="reconciling_imaging_hours",
        room="reconciling",
        label=gettext_lazy("An examination (imaging, function) without a result is late after"),
        default=24,
        least=1,
        most=240,
        unit=pgettext_lazy("unit", "hours"),
    )
)
declare(
    Whole(
        name="reconciling_applied_minutes",
        room="reconciling",
        label=gettext_lazy("A message is late when it was not applied, or not sent, within"),
        default=15,
        least=1,
        most=1440,
        unit=pgettext_lazy("unit", "minutes"),
    )
)
declare(
    Whole(
        name="reconciling_sign_hour",
        room="reconciling",
        label=gettext_lazy("The day before is to be signed off by"),
        help=gettext_lazy("Later the integration staff is told, and after a day the administrators."),
        default=9,
        least=0,
        most=23,
        unit=pgettext_lazy("unit", "o'clock"),
    )
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the hospital's calendar: from local midnight to the next."""

    on: dt.date

    @property
    def begins(self) -> dt.datetime:
        """Its first instant."""
        return timezone.make_aware(dt.datetime.combine(self.on, dt.time()))

    @property
    def ends(self) -> dt.datetime:
        """The first instant of the next day."""
        return timezone.make_aware(dt.datetime.combine(self.on + dt.timedelta(days=1), dt.time()))

    @property
    def is_over(self) -> bool:
        """Whether it may be signed off."""
        return self.on < local_today()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a facility calls late."""

    laboratory: dt.timedelta
    imaging: dt.timedelta
    applied: dt.timedelta


def limits_of(facility_id: int) -> Limits:
    """The facility's own limits. Three reads of its settings."""
    laboratory = int(facility_setting(facility_id, "reconciling_laboratory_hours"))
    imaging = int(facility_setting(facility_id, "reconciling_imaging_hours"))
    applied = int(facility_setting(facility_id, "reconciling_applied_minutes"))
    return Limits(
        laboratory=dt.timedelta(hours=laboratory),
        imaging=dt.timedelta(hours=imaging),
        applied=dt.timedelta(minutes=applied),
    )


Row = TypeVar("Row", bound=Model)
_OVERLAP = dt.timedelta(hours=1)


def written_on(rows: QuerySet[Row], day: Day) -> QuerySet[Row]:
    """Those of the rows that were written on this day, without an index of the time.

    Rows are numbered as they are written (transactions that overlap: within the hour), so PostgreSQL walks back from
    the newest to the first that is older, and reads what lies above it.
    """
    older = rows.order_by().filter(created_at__lt=day.begins - _OVERLAP).order_by("-pk").values("pk")[:1]
    floor: Any = Coalesce(Subquery(older), Value(0), output_field=BigIntegerField())
    return rows.filter(pk__gt=floor, created_at__gte=day.begins, created_at__lt=day.ends)
