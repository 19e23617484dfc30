"""At which instants an order is to be given. Pure arithmetic on what the order says; no database.

An order written at 09:00 for one day holds until 09:00 of the next: the dose of the morning before the round is still its
own. Hours are the ward's, local; a dose belongs to its hour, so a slot is named by its local day and hour.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from emr.common.choices import BadValue

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
# What wards use where they have said nothing else.
USUAL: dict[int, tuple[str, ...]] = {
    1: ("08:00",),
    2: ("08:00", "20:00"),
    3: ("08:00", "14:00", "20:00"),
    4: ("06:00", "12:00", "18:00", "22:00"),
    6: ("02:00", "06:00", "10:00", "14:00", "18:00", "22:00"),
}
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Slot:
    """One dose in the plan: its name within the order, and when."""

    name: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What of an order decides its doses. `once_at`: a single dose; `first_now`: one at `starts_at` before the hours;
    `over_at`: when a taper is over, which may have begun with an order before.
    """

    starts_at: dt.datetime
    days: int = 1
    until_on: dt.date | None = None
    times: tuple[str, ...] = ()
    once_at: dt.datetime | None = None
    first_now: bool = False
    over_at: dt.datetime | None = None

    @property
    def ends_at(self) -> dt.datetime:
        """From when on nothing of it is due."""
        if self.over_at is not None:
            return self.over_at
        if self.until_on is not None:
            return _local(self.until_on + dt.timedelta(days=1), dt.time.min)
        return self.starts_at + dt.timedelta(days=min(self.days, MOST_DAYS))


def read_times(text: str) -> list[str]:
    """ "8:00, 20:00" as ["08:00", "20:00"], in order; raises BadValue."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip()):
        match = _TIME.match(word)
        if match is None:
            raise BadValue(text)
        found.append(f"{int(match[1]):02d}:{match[2]}")
    if len(set(found)) != len(found):
        raise BadValue(text)
    return sorted(found)


def usual_times(times_per_day: int) -> tuple[str, ...]:
    """Hours for so many times a day where the facility has no row: every 24/n hours from 06:00 where ours are silent."""
    if times_per_day in USUAL:
        return USUAL[times_per_day]
    step = Decimal(24 * 60) / times_per_day
    minutes = [int(6 * 60 + step * index) % (24 * 60) for index in range(times_per_day)]
    return tuple(sorted(f"{m // 60:02d}:{m % 60:02d}" for m in minutes))


def _local(day: dt.date, time: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, time))


def _hours(times: Sequence[str]) -> list[dt.time]:
    return sorted(dt.time.fromisoformat(time) for time in times if _TIME.match(time))


def slots_of(course: Course, until: dt.datetime) -> Iterator[Slot]:
    """The doses that are due before `until`, in their order; each has the same name whenever it is asked for."""
    if course.once_at is not None:
        if course.once_at < until:
            yield Slot("once", course.once_at)
        return
    hours = _hours(course.times)
    begins = course.starts_at
    if course.first_now:
        yield Slot("first", begins)
        # The next hour of the ward follows at a fair distance: half of the usual one at least.
        begins += dt.timedelta(hours=24) / max(len(hours), 1) / 2
    ends = min(course.ends_at, until)
    day = timezone.localdate(begins)
    while _local(day, dt.time.min) < ends:
        for hour in hours:
            at = _local(day, hour)
            if begins <= at < ends:
                yield Slot(f"{day:%Y-%m-%d}T{hour:%H:%M}", at)
        day += dt.timedelta(days=1)
