"""`manage.py rotate_file_keys`: wrap every file's key by the first key of EMR_FILE_KEY."""

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from emr.storage.services import rewrap_keys


class Command(BaseCommand):
    """Run after putting a new key first; when it is done, the old key can be taken out."""

    help = "Wrap every file's key by the first key of EMR_FILE_KEY."

    @all_facilities("rotate_file_keys")
    def handle(self, *_args: object, **_options: object) -> None:
        self.stdout.write(f"{rewrap_keys()} keys wrapped anew.")
