"""The slow door."""

from celery import shared_task

from integrations.his import services


@shared_task
def expire_waiting() -> None:
    """Messages that waited long enough get their last chance."""
    services.expire_waiting()
