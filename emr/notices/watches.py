"""What is looked at again and again, so that people hear of what breaks silently; rooms above add their own.

A watch looks, and calls `notify` or `withdraw`; both may be called every time, since a cause is told once.
"""

import logging
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger(__name__)

Look = Callable[[], None]
_watches: dict[str, Look] = {}


def register_watch(name: str, look: Look) -> None:
    """Have this looked at every minute; the same name again replaces it."""
    _watches[name] = look


def look_at_all() -> list[str]:
    """Do every watch, each in a transaction of its own; the names of those that failed."""
    failed = []
    for name, look in _watches.items():
        try:
            with transaction.atomic():
                look()
        except Exception:
            logger.exception("The watch %s failed.", name)
            failed.append(name)
    return failed
