"""Words of what was done with a dose."""

import uuid
from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def reason_words(code: str, reasons: Sequence[tuple[str, str]]) -> str:
    """A reason in the facility's words; one that is no longer on its list by its code."""
    return dict(reasons).get(code, code)


@register.simple_tag
def unique_key() -> str:
    """A key for one act of the page: sent twice it is one."""
    return str(uuid.uuid4())
