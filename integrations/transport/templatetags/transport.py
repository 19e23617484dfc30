"""What the integration pages ask of a person's rights."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def may(user: Any, right: str) -> bool:
    """Whether the signed-in person holds the right."""
    return bool(getattr(user, "is_authenticated", False) and user.has_right(right))
