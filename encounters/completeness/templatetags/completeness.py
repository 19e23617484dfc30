"""How long something has been owed, in words."""

import datetime as dt

from django import template
from django.utils.translation import ngettext

from emr.common.clock import now

register = template.Library()


@register.filter
def span_text(span: dt.timedelta) -> str:
    """Whole days; hours below two days."""
    hours = max(int(span.total_seconds() // 3600), 0)
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


@register.filter
def age_since(moment: dt.datetime) -> str:
    """How long ago that was."""
    return span_text(now() - moment)
