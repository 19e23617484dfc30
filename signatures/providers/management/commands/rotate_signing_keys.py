"""`manage.py rotate_signing_keys`: seal every signing key under the first key of EMR_FILE_KEY."""

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from signatures.providers.services import reseal_keys


class Command(BaseCommand):
    """Run beside `rotate_file_keys`, before the old key is taken out of EMR_FILE_KEY."""

    help = "Seal every signing key under the first key of EMR_FILE_KEY."

    @all_facilities("rotate_signing_keys")
    def handle(self, *_args: object, **_options: object) -> None:
        self.stdout.write(f"{reseal_keys()} signing keys sealed anew.")
