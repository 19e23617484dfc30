"""`manage.py demo`: load the demo hospital."""

import json
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from emr.accounts.demo_data import refuse_demo_data
from emr.common.errors import DomainError
from integrations.demo.services import load_demo


class Command(BaseCommand):
    """Idempotent; refused outside demo settings."""

    help = "Load the demo hospital: fabricated people, known passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: object) -> None:
        began = time.monotonic()
        refuse_demo_data()
        try:
            counts = load_demo()
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(counts))
        else:
            told = ", ".join(f"{count} {name}" for name, count in counts.items())
            self.stdout.write(f"Demo hospital: {told} ({time.monotonic() - began:.1f} s).")
