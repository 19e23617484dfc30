"""`manage.py load_bedside_forms`: put the nurses' hand-over form in force."""

from typing import Any

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from encounters.bedside.official import questionnaire
from encounters.forms.services import load_questionnaire


class Command(BaseCommand):
    """Idempotent: the same version again changes nothing."""

    help = "Load the nurses' hand-over form (44/BV2), which is composed and not written."

    @all_facilities("load_bedside_forms")
    def handle(self, *args: Any, **options: Any) -> None:
        row, is_new = load_questionnaire(questionnaire())
        self.stdout.write(f"{row.code} {row.version}: {'loaded' if is_new else 'already there'}")
