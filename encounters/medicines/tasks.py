"""The slow door: doses are made ahead, so that nobody's night waits for an event."""

from celery import shared_task

from encounters.medicines import services


@shared_task(ignore_result=True)
def look_ahead() -> None:
    """Make the doses of the next two days; twice is once."""
    services.look_ahead()
