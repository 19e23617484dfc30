"""By the clock."""

from celery import shared_task

from emr.accounts.selectors import facility_ids
from integrations.monitors.services import forget_readings


@shared_task(ignore_result=True)
def forget_unconfirmed() -> None:
    """Remove what monitors sent and nobody confirmed in the days that each facility chose."""
    for facility_id in facility_ids():
        forget_readings(facility_id)
