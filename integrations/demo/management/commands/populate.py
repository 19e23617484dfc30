"""`manage.py populate`: a synthetic population for benchmarks."""

import json
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from emr.common import wall
from emr.common.errors import DomainError
from integrations.demo import hospital
from integrations.demo.population import populate
from patients.registry.models import Patient


class Command(BaseCommand):
    """Adds people who never were to the demo hospital; refused outside demo settings."""

    help = "Add a synthetic population to the demo hospital; the same seed gives the same people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, and which."""
        parser.add_argument("--patients", type=int, required=True)
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, patients: int, seed: int, format: str, **_options: object) -> None:
        """All or nothing; then the planner is told what the tables hold now."""
        if patients < 1:
            raise CommandError("--patients must be at least 1.", returncode=2)
        began = time.monotonic()
        try:
            facility = hospital.build_facility()
            with wall.within(facility.pk):
                counts = populate(facility, patients=patients, seed=seed)
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        with connections["owner"].cursor() as cursor:  # only its owner may vacuum a table
            cursor.execute(f'VACUUM (ANALYZE) "{Patient._meta.db_table}"')
            cursor.execute("ANALYZE")
        if format == "json":
            self.stdout.write(json.dumps(counts))
        else:
            told = ", ".join(f"{count} {name}" for name, count in counts.items())
            self.stdout.write(f"Population: {told} ({time.monotonic() - began:.1f} s).")
