"""`manage.py audit_retention`: which months of the log must stay, which may go, and letting one go."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from emr.audit.retention import dispose, months
from emr.common.errors import DomainError


class Command(BaseCommand):
    """Exit 0 when done, 1 when the month must stay."""

    help = "Say which months of the log must stay; --dispose lets one go that may."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--dispose", metavar="PARTITION", default="")
        parser.add_argument("--reason", default="", help="why, and by whose decision")

    @all_facilities("audit_retention")
    def handle(self, *_args: object, **options: str) -> None:
        if options["dispose"]:
            try:
                count = dispose(partition=options["dispose"], reason=options["reason"])
            except DomainError as refusal:
                self.stderr.write(f"REFUSED {refusal}")
                sys.exit(1)
            self.stdout.write(f"{options['dispose']} is gone: {count} lines.")
            return
        found = list(months())
        if options["format"] == "json":
            self.stdout.write(json.dumps([asdict(month) for month in found], default=str))
            return
        for month in found:
            self.stdout.write(f"{month.partition}: {month.reason or 'may go'}")
