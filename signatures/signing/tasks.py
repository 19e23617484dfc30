"""What the clock sets going."""

from celery import shared_task

from emr.accounts.selectors import facility_ids
from emr.common import wall
from emr.common.arming import is_armed
from signatures.signing import services


@shared_task
def ask_for_timestamps() -> None:
    """Ask whether the timestamp authority is back, where signatures wait for it."""
    if not is_armed():
        return
    for facility_id in facility_ids():
        with wall.within(facility_id):
            services.ask_for_timestamps(1)
