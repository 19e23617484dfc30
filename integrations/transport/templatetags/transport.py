"""What the integration pages ask of a person's rights."""

from typing import Any

from django import template

from integrations.transport.models import Intake
from integrations.transport.reasons import reason_text

register = template.Library()


@register.filter
def may(user: Any, right: str) -> bool:
    """Whether the signed-in person holds the right."""
    return bool(getattr(user, "is_authenticated", False) and user.has_right(right))


@register.simple_tag
def channel_trouble(intake: Intake) -> str:
    """What a channel that fetches is stuck on, in words."""
    return reason_text(intake.problem, intake.detail)
