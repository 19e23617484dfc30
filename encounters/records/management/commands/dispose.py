"""`manage.py dispose --minutes N`: let the records go that approved minutes name. A dry run unless `--for-good`."""

import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from emr.audit.everywhere import all_facilities
from encounters.records.models import DisposalMinutes
from encounters.records.shredding import NotDue, dispose_of, finish, holding_of, lines, why_not


class Command(BaseCommand):
    """Exit 0 when every record of the minutes went or could go, 1 when one of them must stay."""

    help = (
        "Dispose of the records of approved minutes: keys of files, rows, files. Dry run unless --for-good."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which minutes, of which facility, and whether it is meant."""
        parser.add_argument("--minutes", required=True, metavar="NUMBER")
        parser.add_argument("--facility", default="", help="its code, where two facilities have such minutes")
        parser.add_argument("--for-good", action="store_true", help="dispose; without it nothing changes")

    @all_facilities("dispose")
    def handle(self, *_args: object, minutes: str, facility: str, for_good: bool, **_options: object) -> None:
        """Record by record, each in a transaction of its own; run again, it goes on where it was stopped."""
        found = DisposalMinutes.objects.filter(number=minutes).select_related("facility")
        found = found.filter(facility__code=facility) if facility else found
        if found.count() != 1:
            raise CommandError(f"{found.count()} minutes have the number {minutes}; name the --facility.")
        paper, stayed = found.get(), 0
        for keeping in lines(paper):
            number = keeping.encounter.archive_number
            try:
                if for_good:
                    stone = dispose_of(paper, keeping)
                    self.stdout.write(f"{number}: {stone.row_count} rows, {len(stone.file_names)} files gone")
                    continue
                if reason := why_not(paper, keeping):
                    raise NotDue(reason)
                held = holding_of(keeping.encounter_id)
                self.stdout.write(f"{number}: {held.count} rows, {len(held.files)} files would go")
            except NotDue as refusal:
                stayed += 1
                self.stderr.write(f"{number}: STAYS, {refusal}")
        if for_good:
            finish(paper)
        if stayed:
            sys.exit(1)
