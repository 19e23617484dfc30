"""`manage.py take_seal`: the facility's seal out of a token of an HSM."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.accounts.models import Organization
from emr.audit.everywhere import all_facilities
from emr.common.errors import DomainError
from signatures.providers.base import Pin
from signatures.providers.services import take_seal


class Command(BaseCommand):
    """Asks for the token's PIN, or reads it from a file; it is kept sealed under `EMR_FILE_KEY`."""

    help = "Take the facility's seal out of a token that EMR_KEY_SERVICES names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--facility", required=True, help="code of the facility")
        parser.add_argument("--service", required=True, help="section of EMR_KEY_SERVICES")
        parser.add_argument("--token", required=True, help="label of the token")
        parser.add_argument("--secret-file", help="file whose first line is the PIN; asked for without")

    @all_facilities("take_seal")
    def handle(self, *_args: object, **options: Any) -> None:
        """Take it in, and say which certificate it is."""
        facility = Organization.objects.filter(
            kind=Organization.Kind.FACILITY, code=options["facility"]
        ).first()
        if facility is None:
            raise CommandError(f"No facility has the code {options['facility']}.")
        try:
            credential = take_seal(
                service=options["service"],
                account=options["token"],
                pin=Pin(_secret(options["secret_file"])),
                facility=facility,
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{credential.certificate} valid until {credential.certificate.not_after:%Y-%m-%d}")


def _secret(file: str | None) -> str:
    if file is None:
        return getpass.getpass("PIN: ")
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return lines[0].strip() if lines else ""
