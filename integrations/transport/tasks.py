"""The slow door."""

from celery import shared_task

from integrations.transport import retention


@shared_task
def empty_old_messages() -> None:
    """Every night: messages that are older than the facility keeps them."""
    retention.begin()
