"""The shift that an instant falls into. Local hours; the night shift crosses midnight."""

import datetime as dt

from django.utils import timezone

_STARTS = (6, 14, 22)


def span_at(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """(start, end) of the shift, morning, afternoon or night."""
    local = timezone.localtime(moment)
    day = local.date()
    hours = [hour for hour in _STARTS if hour <= local.hour]
    if not hours:
        day -= dt.timedelta(days=1)
    first = hours[-1] if hours else _STARTS[-1]
    start = timezone.make_aware(dt.datetime.combine(day, dt.time(first)))
    return start, start + dt.timedelta(hours=8)
