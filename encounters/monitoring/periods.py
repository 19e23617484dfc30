"""The parts of a ward's day for which fluids are added up: three shifts from six o'clock, and the 24 hours of all three."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# The usual shifts of Vietnamese wards (06–14, 14–22, 22–06).
_BEGINS = ((6, _("Morning shift")), (14, _("Afternoon shift")), (22, _("Night shift")))
_DAY_BEGINS = _BEGINS[0][0]


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, included, to `end`, excluded."""

    title: StrOrPromise
    start: dt.datetime
    end: dt.datetime


def day_of(moment: dt.datetime) -> dt.date:
    """The fluid day that an instant belongs to: before six it is still the day before."""
    return (timezone.localtime(moment) - dt.timedelta(hours=_DAY_BEGINS)).date()


def periods_of(day: dt.date) -> list[Period]:
    """The shifts of a fluid day, and the 24 hours last."""

    def at(hour: int, later: int = 0) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=later), dt.time(hour)))

    starts = [at(hour) for hour, _title in _BEGINS]
    ends = [*starts[1:], at(_DAY_BEGINS, 1)]
    shifts = [
        Period(title, start, end) for (_hour, title), start, end in zip(_BEGINS, starts, ends, strict=True)
    ]
    return [*shifts, Period(_("24 hours"), starts[0], ends[-1])]
