"""What the clock sets going."""

from celery import shared_task

from emr.accounts.selectors import facility_ids
from emr.common import wall
from emr.common.arming import is_armed
from signatures.preserving import services


@shared_task
def raise_levels() -> None:
    """Raise what is due, facility by facility; authorities that were away are asked again."""
    if not is_armed():
        return
    for facility_id in facility_ids():
        with wall.within(facility_id):
            services.ask_for_raising()


@shared_task
def look_ahead() -> None:
    """Once a day: plan new archive timestamps before the old ones' certificates or algorithms end."""
    if not is_armed():
        return
    for facility_id in facility_ids():
        with wall.within(facility_id):
            services.plan_ahead(facility_id=facility_id)
