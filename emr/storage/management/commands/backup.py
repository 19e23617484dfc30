"""`manage.py backup DEST`: database, files and sealed keys together; with --nightly, every night."""

import datetime as dt
import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from emr.common.clock import now
from emr.local.nights import seconds_to_next
from emr.storage.backups import making
from emr.storage.models import BackupRun


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
            time.sleep(seconds_to_next(destination, settings.EMR_BACKUP_HOUR, now()))
            self._once(destination, password, False, "text")

    def _once(self, destination: Path, password: str, keep_all: bool, form: str) -> None:
        began = time.monotonic()
        began_at = now()
        try:
            report = making.back_up(destination, password=password, prune=not keep_all)
        except making.BackupError as error:
            self._keep(began_at, reason=str(error))
            self.stderr.write(f"error: {error}")
            sys.exit(1)
        except BaseException as error:
            self._keep(began_at, reason=type(error).__name__)
            raise
        self._keep(began_at, slot=report.slot.name, rows=report.rows, files=report.files)
        if form == "json":
            self.stdout.write(json.dumps({"ok": True, **asdict(report)}, default=str))
            return
        self.stdout.write(
            f"{report.slot}: {report.rows} rows of {report.tables} tables, {report.files} files"
            f" ({report.new_files} new), {time.monotonic() - began:.1f} s. Removed: {', '.join(report.removed) or 'none'}."
        )

    def _keep(self, began_at: dt.datetime, *, reason: str = "", **kept: Any) -> None:
        """For the page of who has to mend it. A database that is away can't be told; then the age tells."""
        try:
            BackupRun.objects.create(began_at=began_at, succeeded=not reason, reason=reason[:300], **kept)
        except DatabaseError as error:
            self.stderr.write(f"The result could not be written down: {type(error).__name__}")
