"""Bring the product's own catalogues in."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from emr.terminology.services import load_shipped
from emr.terminology.systems import SYSTEMS


class Command(BaseCommand):
    """`manage.py load_terminology [SYSTEM …]`: the same again changes nothing; imported lists are left alone."""

    help = "Load the catalogues that come with the product (ICD-10, ethnic groups, communes, medicines, …)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("systems", nargs="*", choices=[[], *SYSTEMS], metavar="SYSTEM")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, systems: list[str], format: str, **_options: Any) -> None:
        reports = load_shipped(systems)
        if format == "json":
            self.stdout.write(json.dumps([asdict(report) for report in reports], ensure_ascii=False))
            return
        for report in reports:
            if report.applied:
                text = _(
                    "%(system)s: %(added)d new, %(changed)d changed, %(retired)d ended, %(unchanged)d as before"
                )
                self.stdout.write(text % vars(report))
            elif report.kept:
                self.stdout.write(_("%s: left alone, the hospital imported its own list") % report.system)
