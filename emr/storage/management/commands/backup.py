"""`manage.py backup DEST`: database, files and sealed keys together; with --nightly, every night."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from emr.common.clock import now
from emr.storage.backups import making, slots

DAY_SECONDS = 24 * 3600
FIRST_AFTER_SECONDS = 600  # a machine that is off at night still gets its backup


class Command(BaseCommand):
    """Exit 0 done, 1 failed, 2 wrong use."""

    help = "Back up database, files and sealed keys to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("destination", type=Path, metavar="DEST")
        parser.add_argument("--nightly", action="store_true", help="stay, and do it each night")
        parser.add_argument("--keep-all", action="store_true", help="remove no old backups")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: object) -> None:
        destination = Path(str(options["destination"])).resolve()
        password = settings.EMR_BACKUP_PASSWORD
        if not password:
            raise CommandError("Set EMR_BACKUP_PASSWORD: it seals the keys in the backup.", returncode=2)
        if not options["nightly"]:
            self._once(destination, password, bool(options["keep_all"]), str(options["format"]))
            return
        while True:
            time.sleep(self._pause(destination))
            self._once(destination, password, False, "text")

    def _pause(self, destination: Path) -> float:
        existing = slots.slots_in(destination)
        newest = slots.moment_of(existing[-1]) if existing else None
        if newest is None or (now() - newest).total_seconds() > DAY_SECONDS:
            return FIRST_AFTER_SECONDS
        return making.seconds_until(settings.EMR_BACKUP_HOUR, zone=ZoneInfo(settings.TIME_ZONE))

    def _once(self, destination: Path, password: str, keep_all: bool, form: str) -> None:
        began = time.monotonic()
        try:
            report = making.back_up(destination, password=password, prune=not keep_all)
        except making.BackupError as error:
            self.stderr.write(f"error: {error}")
            sys.exit(1)
        if form == "json":
            self.stdout.write(json.dumps({"ok": True, **asdict(report)}, default=str))
            return
        self.stdout.write(
            f"{report.slot}: {report.rows} rows of {report.tables} tables, {report.files} files"
            f" ({report.new_files} new), {time.monotonic() - began:.1f} s. Removed: {', '.join(report.removed) or 'none'}."
        )
