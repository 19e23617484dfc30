"""Time: stored in UTC, shown in the hospital's zone."""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """This instant, aware, in UTC."""
    return timezone.now()


def local_now() -> dt.datetime:
    """This instant in the hospital's zone."""
    return timezone.localtime()


def local_today() -> dt.date:
    """Today's date at the hospital."""
    return timezone.localdate()


def years_before(moment: dt.datetime, years: int) -> dt.datetime:
    """The same instant that many years earlier; the 28th for a 29th of February that isn't there."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)
