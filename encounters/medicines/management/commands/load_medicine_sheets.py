"""`manage.py load_medicine_sheets`: put the sheets of what was done with medicines in force."""

from typing import Any

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from encounters.forms.services import load_questionnaire
from encounters.medicines.official import SHEETS, questionnaire


class Command(BaseCommand):
    """Idempotent: the same version again changes nothing."""

    help = "Load the sheets of medicines given (07/BV2 and the facility's own), which are composed and not written."

    @all_facilities("load_medicine_sheets")
    def handle(self, *args: Any, **options: Any) -> None:
        for sheet in SHEETS.values():
            row, is_new = load_questionnaire(questionnaire(sheet))
            self.stdout.write(f"{row.code} {row.version}: {'loaded' if is_new else 'already there'}")
