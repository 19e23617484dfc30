"""Bring a catalogue in from the ministry's spreadsheet, CSV or a FHIR CodeSystem."""

import datetime as dt
import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from emr.common.clock import local_today
from emr.terminology.files import Catalogue, Unreadable, read_catalogue
from emr.terminology.files.columns import parse_mapping
from emr.terminology.services import Report, import_rows
from emr.terminology.systems import SYSTEMS

_SHOWN_ERRORS = 50


def _day(text: str) -> dt.date:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007 -- a day, not an instant
        except ValueError:
            continue
    raise ArgumentTypeError(f"{text}: write the day as 2026-07-01 or 01/07/2026.")


class Command(BaseCommand):
    """`manage.py import_catalogue SYSTEM FILE`: says what would happen; with --apply it happens, all or nothing.

    Exit code 0: done, or nothing stands in the way; 1: rows are wrong, nothing was changed; 2: wrong use.
    """

    help = "Import a catalogue (.xlsx, .csv, FHIR CodeSystem .json). Without --apply nothing is changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", metavar="SYSTEM", help=", ".join(SYSTEMS))
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--apply", action="store_true", help="do it; without, only say what would happen")
        parser.add_argument(
            "--from", dest="effective", type=_day, help="first day of the new meanings (default: today)"
        )
        parser.add_argument(
            "--complete", action="store_true", help="the file is the whole list: end what it lacks"
        )
        parser.add_argument("--sheet", default="", help="name of the sheet (default: the first)")
        parser.add_argument(
            "--map", action="append", default=[], metavar="FIELD=COLUMN", help="code=17, display=U, …"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, file: Path, **options: Any) -> None:
        system = options["system"].lower()
        if system not in SYSTEMS:
            known = ", ".join(SYSTEMS)
            raise CommandError(
                _("Unknown catalogue “%(name)s”. Known: %(known)s") % {"name": system, "known": known},
                returncode=2,
            )
        try:
            mapping = parse_mapping(options["map"])
            catalogue = read_catalogue(system, file, mapping=mapping, sheet=options["sheet"])
        except Unreadable as why:
            raise CommandError(str(why), returncode=2) from why
        report = import_rows(
            system=system,
            rows=catalogue.rows,
            effective=options["effective"] or local_today(),
            complete=options["complete"],
            version=catalogue.version,
            file_sha256=catalogue.sha256,
            apply=options["apply"] and not catalogue.errors,
        )
        report.errors = sorted([*catalogue.errors, *report.errors], key=lambda error: error.row)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"columns": catalogue.columns} | asdict(report), ensure_ascii=False))
        else:
            self._say(catalogue, report, tried_only=not options["apply"])
        if report.errors:
            raise SystemExit(1)

    def _say(self, catalogue: Catalogue, report: Report, *, tried_only: bool) -> None:
        for name, column in catalogue.columns.items():
            self.stdout.write(_("column %(column)s → %(field)s") % {"column": column, "field": name})
        for error in report.errors[:_SHOWN_ERRORS]:
            self.stderr.write(_("row %(row)d, %(column)s: %(message)s") % vars(error))
        if len(report.errors) > _SHOWN_ERRORS:
            self.stderr.write(_("… and %d more") % (len(report.errors) - _SHOWN_ERRORS))
        counts = _(
            "%(added)d new, %(changed)d changed, %(corrected)d corrected, %(retired)d ended, %(unchanged)d as before"
        )
        self.stdout.write(counts % vars(report))
        if report.errors:
            self.stdout.write(_("Nothing was changed: put the rows right first."))
        elif tried_only:
            self.stdout.write(_("Nothing was changed yet. The same with --apply does it."))
