"""`manage.py restore SRC`: into a new EMR_HOME or an empty database; the copy is disarmed until `manage.py arm`."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from emr.local.errors import LocalError
from emr.local.sealing import newest_slot
from emr.storage.backups import making, restoring


class Command(BaseCommand):
    """Exit 0 when every check held, 1 when one didn't, 2 where there is no backup to restore."""

    help = "Restore a backup, check it, leave it disarmed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", type=Path, metavar="SRC", help="a backup, or a folder of backups: the newest"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: object) -> None:
        began = time.monotonic()
        try:
            slot = newest_slot(Path(str(options["source"])).resolve())
        except LocalError as error:
            raise CommandError(str(error), returncode=2) from error
        try:
            report = restoring.restore(slot, self.stderr.write)
        except (making.BackupError, LocalError) as error:
            self.stderr.write(f"error: {error}")
            sys.exit(1)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"ok": not report.faults, **asdict(report)}, default=str))
        else:
            for fault in report.faults:
                self.stdout.write(f"WRONG {fault}")
            checks = ", ".join(f"{name} {verdict}" for name, verdict in report.checks.items())
            seconds = time.monotonic() - began
            self.stdout.write(
                f"{report.slot.name}: {report.rows} rows, {report.files} files in {seconds:.1f} s; {checks}.\n"
                "This copy is disarmed: nothing is sent or signed until you type: manage.py arm"
            )
        if report.faults:
            sys.exit(1)
