"""What stands over every page that some people see: a room above says for whom, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark: drawn by `template` with `mark`; `words` repeat over the page, `watch` is asked for the next one."""

    words: str
    template: str
    watch: str = ""


# (request, the page's patient or None) -> the mark, or None for who needs none.
Marker = Callable[["HttpRequest", Any], Mark | None]
_markers: dict[str, Marker] = {}


def register_marker(name: str, marker: Marker) -> None:
    """Let a room mark pages; the same name again replaces it."""
    _markers[name] = marker


def mark_of(request: HttpRequest, patient: Any) -> Mark | None:
    """The first mark that a room wants on this page."""
    return next((mark for marker in _markers.values() if (mark := marker(request, patient))), None)
