"""`manage.py verify_files`: every stored file against its checksum."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from emr.audit.everywhere import all_facilities
from emr.storage.services import check_files, orphan_names
from emr.storage.stores import StoreDown


class Command(BaseCommand):
    """Exit 0 when every file is as it was stored, 1 with the list of those that aren't, 2 when the store is away."""

    help = "Check every stored file against its checksum."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    @all_facilities("verify_files")
    def handle(self, *_args: object, **options: object) -> None:
        try:
            faults, orphans = list(check_files()), orphan_names()
        except StoreDown as error:
            raise CommandError(f"The files can't be read: {error}.", returncode=2) from None
        if options["format"] == "json":
            report = {
                "ok": not faults,
                "faults": [asdict(fault) for fault in faults],
                "orphans": len(orphans),
            }
            self.stdout.write(json.dumps(report))
        else:
            for fault in faults:
                self.stdout.write(f"DAMAGED {fault.uuid}: {fault.reason}")
            self.stdout.write(f"{len(faults)} damaged, {len(orphans)} left over from interrupted work.")
        if faults:
            sys.exit(1)
