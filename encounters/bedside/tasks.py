"""By the clock."""

from celery import shared_task

from encounters.bedside.services.packing import make_all_packs


@shared_task
def make_packs() -> None:
    """Every ward's pack anew, so that none is older than an hour."""
    make_all_packs()
