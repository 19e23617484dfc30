"""The parts of a ward's day for which fluids are added up: its shifts, and the 24 hours of all of them."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from encounters.visits.shifts import Shift, shifts_around


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, included, to `end`, excluded."""

    title: StrOrPromise
    start: dt.datetime
    end: dt.datetime


def _shifts_of(facility_id: int, day: dt.date) -> list[Shift]:
    noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    around = shifts_around(facility_id, noon)
    return [shift for shift in around if timezone.localtime(shift.start).date() == day]


def day_of(facility_id: int, moment: dt.datetime) -> dt.date:
    """The fluid day that an instant belongs to: before the first shift begins it is still the day before."""
    today = timezone.localdate(moment)
    return today if moment >= _shifts_of(facility_id, today)[0].start else today - dt.timedelta(days=1)


def periods_of(facility_id: int, day: dt.date) -> list[Period]:
    """The shifts of a fluid day, and the 24 hours last."""
    shifts = _shifts_of(facility_id, day)
    each = [Period(shift.name, shift.start, shift.end) for shift in shifts]
    return [*each, Period(_("24 hours"), shifts[0].start, shifts[-1].end)]
