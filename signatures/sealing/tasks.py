"""The log's seals, put on by the clock."""

from celery import shared_task

from signatures.sealing import services


@shared_task
def seal_days() -> None:
    """Seal the days that are over; a missed one is caught up."""
    services.seal_days()
