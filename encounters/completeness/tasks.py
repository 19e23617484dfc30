"""By the clock."""

from celery import shared_task

from encounters.completeness import telling


@shared_task(ignore_result=True)
def remind() -> None:
    """Tell who owes something to a record."""
    telling.remind_all()
