"""Sessions that are over go."""

from celery import shared_task

from emr.signin import services


@shared_task
def forget_ended() -> None:
    """Remove rows that nobody can use any more."""
    services.forget_ended()
