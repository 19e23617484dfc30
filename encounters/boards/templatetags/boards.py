"""Words of numbers."""

from collections.abc import Mapping, Sequence

from django import template

register = template.Library()


@register.filter
def signed(number: int) -> str:
    """A difference with its sign: +3, −2."""
    return f"+{number}" if number > 0 else f"−{-number}"


@register.filter
def share(width: int, columns: Sequence[Mapping[str, int]]) -> str:
    """A column's width in hundredths of all."""
    return f"{100 * width / sum(column['width'] for column in columns):.2f}"
