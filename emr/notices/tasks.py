"""The slow door: every rung and every watch is a row or a rule, so twice equals once."""

from celery import shared_task

from emr.common.arming import is_armed
from emr.notices import services, watches


@shared_task
def tend() -> None:
    """Climb the ladders, and send what quiet hours held."""
    services.climb_due()
    services.release_held()


@shared_task
def watch() -> None:
    """Look at what breaks silently; a restored copy is no hospital to be told of."""
    if is_armed():
        watches.look_at_all()
