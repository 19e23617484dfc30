"""The day of the briefing, which begins at the hospital's own hour, and the days that a book is opened for."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare
from emr.common.clock import local_today, now
from encounters.visits.selectors.wards import day_bounds

BRIEFING_HOUR = 7
# A book is opened for so many days at most: what is asked of the database stays within a report's time.
LONGEST = 366
declare(
    Whole(
        name="briefing_hour",
        room="boards",
        label=gettext_lazy("The day of the morning briefing begins at"),
        help=gettext_lazy(
            "What is told at the briefing of a day happened from this hour of the day before until then."
        ),
        default=BRIEFING_HOUR,
        least=0,
        most=23,
        unit=pgettext_lazy("unit", "o'clock"),
    )
)


@dataclass(frozen=True, slots=True)
class BriefingDay:
    """What is told at the briefing of `day`: from `start` up to, not including, `end`. While it runs, `end` is now."""

    day: dt.date
    start: dt.datetime
    end: dt.datetime
    is_running: bool

    @property
    def before(self) -> dt.date:
        """The briefing before."""
        return self.day - dt.timedelta(days=1)

    @property
    def after(self) -> dt.date | None:
        """The briefing after it; None while this one runs."""
        return None if self.is_running else self.day + dt.timedelta(days=1)


def _boundary(facility_id: int, day: dt.date) -> dt.datetime:
    hour = dt.time(int(facility_setting(facility_id, "briefing_hour")))
    return timezone.make_aware(dt.datetime.combine(day, hour))


def last_briefing(facility_id: int) -> dt.date:
    """The day of the newest briefing that is over."""
    today = local_today()
    return today if _boundary(facility_id, today) <= now() else today - dt.timedelta(days=1)


def briefing_day(facility_id: int, day: dt.date | None = None) -> BriefingDay:
    """The briefing of a day, the newest one that is over where none is named; a later day than the running one is that."""
    newest = last_briefing(facility_id)
    chosen = min(day or newest, newest + dt.timedelta(days=1))
    start = _boundary(facility_id, chosen - dt.timedelta(days=1))
    is_running = chosen > newest
    return BriefingDay(chosen, start, now() if is_running else _boundary(facility_id, chosen), is_running)


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included."""

    first: dt.date
    last: dt.date

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The first day's first instant and the one after the last day."""
        return day_bounds(self.first)[0], day_bounds(self.last)[1]

    @property
    def words(self) -> str:
        """As the book's heading says it."""
        if self.first == self.last:
            return f"{self.first:%d/%m/%Y}"
        return f"{self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"


def span_of(first: dt.date | None, last: dt.date | None) -> Span:
    """The days that were asked for, the present month where none were; the wrong way round they are turned, and what is
    longer than a year ends after a year.
    """
    today = local_today()
    begins = first or (last or today).replace(day=1)
    ends = last or max(today, begins)
    begins, ends = min(begins, ends), max(begins, ends)
    return Span(begins, min(ends, begins + dt.timedelta(days=LONGEST - 1)))
