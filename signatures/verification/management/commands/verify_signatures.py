"""`manage.py verify_signatures`: every signed or sealed file that is kept; exit 1 and the list of those that don't hold."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from emr.storage.models import Attachment
from emr.storage.revisions import newest_of
from encounters.bundles.models import Bundle
from encounters.documents.models import DocumentBytes
from encounters.scanning.models import Paper
from signatures.verification.services import verify_kept, verify_stored
from signatures.verification.verdicts import Verdict


class Command(BaseCommand):
    """Exit codes: 0 none is invalid, 1 some are. One whose trust can't be established now is named, not failed."""

    help = "Check every signed or sealed file that is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--format."""
        parser.add_argument("--format", choices=["text", "json"], default="text")

    @all_facilities("verify_signatures")
    def handle(self, *_args: object, **options: object) -> None:
        """Judge the newest bytes of every signed version, and of every file under the seal."""
        counts = dict.fromkeys(Verdict, 0)
        broken: list[str] = []
        doubted: list[str] = []
        for name, verdict in _judged():
            counts[verdict] += 1
            if verdict == Verdict.INVALID:
                broken.append(name)
            elif verdict == Verdict.UNKNOWN:
                doubted.append(name)
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


def _judged() -> Iterator[tuple[str, Verdict]]:
    """(public id, verdict) of each."""
    newest = DocumentBytes.objects.filter(revision__gt=0).order_by("version", "-revision").distinct("version")
    for stored in newest.select_related("attachment__key", "version").iterator(chunk_size=50):
        yield str(stored.version.uuid), verify_stored(stored).verdict
    bundles = Bundle.objects.filter(attachment__isnull=False).select_related("attachment__key")
    for bundle in bundles.defer("content").order_by("pk").iterator(chunk_size=20):
        yield str(bundle.uuid), _sealed(bundle.attachment)
    for paper in Paper.objects.filter(sealed__isnull=False).select_related("sealed__key").order_by("pk"):
        yield str(paper.uuid), _sealed(paper.sealed)


def _sealed(first: Attachment | None) -> Verdict:
    if first is None:
        raise LookupError("only sealed files are asked for")
    newest = newest_of(first)
    return verify_kept(newest, sha256=newest.sha256).verdict
