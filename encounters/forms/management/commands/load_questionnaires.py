"""`manage.py load_questionnaires [FILE …]`: put the shipped forms (or these files) in force."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.audit.everywhere import all_facilities
from emr.common.errors import DomainError
from encounters.forms.engine import InvalidQuestionnaire
from encounters.forms.services import load_questionnaire
from encounters.forms.shipped import assembled, shipped_files


class Command(BaseCommand):
    """Idempotent. Exit 1 when a file is no usable form, or changes one already in force."""

    help = "Load FHIR Questionnaires: the shipped forms, or the files named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path)

    @all_facilities("load_questionnaires")
    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        for path in options["files"] or shipped_files():
            try:
                row, is_new = load_questionnaire(assembled(path))
            except InvalidQuestionnaire as error:
                refused += 1
                lines = "\n".join(f"  {place}: {what}" for place, what in error.problems)
                self.stderr.write(f"{path.name}: not a usable form\n{lines}")
            except (DomainError, json.JSONDecodeError, OSError) as error:
                refused += 1
                self.stderr.write(f"{path.name}: {error}")
            else:
                self.stdout.write(f"{row.code} {row.version}: {'loaded' if is_new else 'already there'}")
        if refused:
            raise CommandError(f"{refused} not loaded.")
