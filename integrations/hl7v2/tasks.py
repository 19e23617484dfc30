"""The slow door."""

from celery import shared_task

from integrations.hl7v2 import inbox


@shared_task
def expire_waiting() -> None:
    """Messages that waited long enough get their last chance."""
    inbox.expire_waiting()
