"""`manage.py verify_audit`: walk the audit chain."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand

from emr.audit.selectors import breaches, notes
from emr.audit.services import link_all


class Command(BaseCommand):
    """Exit 0 when the chain is whole, 1 with the first broken link (all of them with --all)."""

    help = "Walk the audit chain and name the first broken link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--all", action="store_true", help="name every broken place")

    def handle(self, *_args: object, **options: object) -> None:
        link_all()
        found = []
        for breach in breaches():
            found.append(breach)
            if not options["all"]:
                break
        noted = list(notes())
        if options["format"] == "json":
            answer = {"ok": not found, "breaches": [asdict(breach) for breach in found], "notes": noted}
            self.stdout.write(json.dumps(answer))
        elif not found:
            self.stdout.write("The audit chain is whole.")
        for breach in found if options["format"] == "text" else []:
            place = f"{breach.day} shard {breach.shard}, link {breach.sequence}".lstrip()
            self.stdout.write(f"BROKEN {place}: {breach.reason} {list(breach.event_ids)[:10] or ''}".rstrip())
        for note in noted if options["format"] == "text" else []:
            self.stdout.write(f"NOTE {note}")
        if found:
            sys.exit(1)
