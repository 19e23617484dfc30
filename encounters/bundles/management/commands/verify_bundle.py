"""`manage.py verify_bundle FILE`: seal, manifest, every file and signature inside a record's file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from emr.audit.everywhere import all_facilities
from encounters.bundles.checking import verify_bundle


class Command(BaseCommand):
    """Exit codes: 0 all holds, 1 something doesn't, 2 the file can't be opened."""

    help = "Check a closed record's file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and --format."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["text", "json"], default="text")

    @all_facilities("verify_bundle")
    def handle(self, *_args: object, file: Path, format: str, **_options: object) -> None:
        """Check and tell."""
        try:
            checked = verify_bundle(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        if format == "json":
            told = {
                "sha256": checked.sha256,
                "holds": checked.holds,
                "seal": {"verdict": checked.seal.verdict, "signers": checked.seal.signers},
                "files": [{"name": name, "verdict": verdict} for name, verdict in checked.files],
                "problems": checked.problems,
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"SHA-256 {checked.sha256}")
            self.stdout.write(f"seal: {checked.seal.verdict} · {', '.join(checked.seal.signers)}")
            for name, verdict in checked.files:
                self.stdout.write(f"{name}: {verdict}")
            for problem in checked.problems:
                self.stdout.write(f"  - {problem}")
        if not checked.holds:
            sys.exit(1)
