"""The slow door."""

from celery import shared_task

from integrations.hl7v2 import fetching, inbox


@shared_task
def expire_waiting() -> None:
    """Messages that waited long enough get their last chance."""
    inbox.expire_waiting()


@shared_task
def fetch() -> None:
    """Folders are looked at when their time has come."""
    fetching.fetch_all()
