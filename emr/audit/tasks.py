"""The log's chain, linked every few seconds."""

from celery import shared_task

from emr.audit import services


@shared_task
def link() -> None:
    """Link what was written since the last time, after what waited in files."""
    services.take_in()
    services.link_all()


@shared_task
def prepare_partitions() -> None:
    """Make the coming months' partitions."""
    services.prepare_partitions()
