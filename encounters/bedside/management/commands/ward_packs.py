"""`manage.py ward_packs --to FOLDER`: put every ward's newest pack into a folder that the ward PCs copy from."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emr.audit.everywhere import all_facilities
from encounters.bedside.models import WardPack


class Command(BaseCommand):
    """The files are sealed: who gets at the folder reads nothing without a ward's code."""

    help = "Write the wards' newest downtime packs to a folder (a share that ward PCs pull from)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, help="the folder; made where it isn't there")

    @all_facilities("ward_packs")
    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["to"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for pack in WardPack.objects.select_related("code__department", "facility"):
                name = f"{pack.facility.code}-{pack.code.department.code}.html"
                unfinished = folder / f".{name}.part"
                unfinished.write_bytes(bytes(pack.content))
                os.replace(unfinished, folder / name)  # noqa: PTH105  whole or not at all
                self.stdout.write(f"{name}: {pack.made_at:%Y-%m-%d %H:%M}, {pack.patient_count}")
        except OSError as error:
            raise CommandError(f"{folder}: {error}") from error
