"""`manage.py rotate_launch_keys`: after `EMR_FILE_KEY` got a new first key."""

from django.core.management.base import BaseCommand

from emr.accounts.selectors import facility_ids
from emr.common import wall
from integrations.launch.services import rewrap_secrets


class Command(BaseCommand):
    """Wrap the secrets of launch keys under the first key, facility by facility."""

    help = "Wrap the secrets of launch keys under the first key of EMR_FILE_KEY."

    def handle(self, *_args: object, **_options: object) -> None:
        count = 0
        for facility_id in facility_ids():
            with wall.within(facility_id):
                count += rewrap_secrets(facility_id)
        self.stdout.write(f"{count} secrets wrapped anew.")
