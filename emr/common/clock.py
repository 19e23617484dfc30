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
