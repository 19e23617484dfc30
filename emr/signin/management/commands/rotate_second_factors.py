"""`manage.py rotate_second_factors`: after `EMR_FILE_KEY` got a new first key."""

from django.core.management.base import BaseCommand

from emr.signin.services import rewrap_secrets


class Command(BaseCommand):
    """Wrap the secrets of the staff's code apps under the first key."""

    help = "Wrap the secrets of code apps under the first key of EMR_FILE_KEY."

    def handle(self, *_args: object, **_options: object) -> None:
        self.stdout.write(f"{rewrap_secrets()} secrets wrapped anew.")
