"""What the clock sets going."""

from celery import shared_task

from emr.common.arming import is_armed
from signatures.signing import services


@shared_task
def ask_for_timestamps() -> None:
    """Ask whether the timestamp authority is back, where signatures wait for it."""
    if is_armed():
        services.ask_for_timestamps(1)
