"""Wake-ups of this room."""

from celery import shared_task

from emr.accounts.selectors import facility_ids
from integrations.launch import services


@shared_task(ignore_result=True)
def forget_old_launches() -> None:
    """Remove used links of long ago."""
    for facility_id in facility_ids():
        services.forget_old(facility_id)
