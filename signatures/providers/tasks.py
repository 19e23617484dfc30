"""What the clock asks of this room."""

from celery import shared_task

from signatures.providers import services


@shared_task(ignore_result=True)
def warn_of_expiry() -> None:
    """Tell owners of certificates that run out; each threshold once."""
    services.warn_of_expiry()
