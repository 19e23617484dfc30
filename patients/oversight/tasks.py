"""The log, looked through by the clock."""

from celery import shared_task

from patients.oversight import services


@shared_task
def look_through() -> None:
    """Find the look-ups that somebody should ask about."""
    services.look_through_all()
