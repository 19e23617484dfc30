"""`manage.py verify_signatures`: every signed document that is kept; exit 1 and the list of those that don't hold."""

import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from encounters.documents.models import DocumentBytes
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict


class Command(BaseCommand):
    """Exit codes: 0 none is invalid, 1 some are. One whose trust can't be established now is named, not failed."""

    help = "Check every signed document that is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--format."""
        parser.add_argument("--format", choices=["text", "json"], default="text")

    @all_facilities("verify_signatures")
    def handle(self, *_args: object, **options: object) -> None:
        """Judge the newest bytes of every signed version."""
        newest = (
            DocumentBytes.objects.filter(revision__gt=0).order_by("version", "-revision").distinct("version")
        )
        counts = dict.fromkeys(Verdict, 0)
        broken: list[str] = []
        doubted: list[str] = []
        for stored in newest.select_related("attachment__key", "version").iterator(chunk_size=50):
            verdict = verify_stored(stored).verdict
            counts[verdict] += 1
            if verdict == Verdict.INVALID:
                broken.append(str(stored.version.uuid))
            elif verdict == Verdict.UNKNOWN:
                doubted.append(str(stored.version.uuid))
        if options["format"] == "json":
            said = {
                "ok": not broken,
                "broken": broken,
                "doubted": doubted,
                **{str(verdict): count for verdict, count in counts.items()},
            }
            self.stdout.write(json.dumps(said))
        else:
            for uuid in broken:
                self.stdout.write(f"INVALID {uuid}")
            for uuid in doubted:
                self.stdout.write(f"UNKNOWN {uuid}")
            self.stdout.write(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
        if broken:
            sys.exit(1)
