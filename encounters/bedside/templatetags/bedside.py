"""What the lines of tasks need."""

import datetime as dt
import uuid

from django import template

from encounters.bedside.models import Execution

register = template.Library()
_SOON = dt.timedelta(minutes=5)


@register.simple_tag
def new_key() -> str:
    """A key for one entry: the form sent twice has one effect."""
    return str(uuid.uuid4())


@register.filter
def came_late(execution: Execution) -> bool:
    """Whether it arrived noticeably after it was done, so that both times are shown (R-21)."""
    return execution.created_at - execution.happened_at > _SOON
