"""`manage.py load_result_forms`: put the official forms of results in force."""

from typing import Any

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from encounters.forms.services import load_questionnaire
from encounters.results.official import FORMS, questionnaire


class Command(BaseCommand):
    """Idempotent: the same version again changes nothing."""

    help = "Load the official forms of results (08/BV2 and following), which are composed and not written."

    @all_facilities("load_result_forms")
    def handle(self, *args: Any, **options: Any) -> None:
        for form in FORMS.values():
            row, is_new = load_questionnaire(questionnaire(form))
            self.stdout.write(f"{row.code} {row.version}: {'loaded' if is_new else 'already there'}")
