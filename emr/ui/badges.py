"""How many wait: the number beside a link of the main navigation."""

from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.html import format_html


def count_badge(shown: int | str, *, seconds: int) -> HttpResponse:
    """The number ("99+", or nothing for none), which the person's own browser may keep for so long."""
    text = str(shown or "")
    response = HttpResponse(format_html('<span class="badge badge-count">{}</span>', text) if text else "")
    patch_cache_control(response, private=True, max_age=seconds)
    return response
