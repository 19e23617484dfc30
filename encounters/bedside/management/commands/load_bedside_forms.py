"""`manage.py load_bedside_forms`: put the nurses' composed forms in force: hand-over, care sheets, vital-sign chart."""

from typing import Any

from django.core.management.base import BaseCommand

from emr.audit.everywhere import all_facilities
from encounters.bedside.official import FORMS, questionnaire
from encounters.forms.services import load_questionnaire
from encounters.monitoring.official import questionnaire as chart_questionnaire


class Command(BaseCommand):
    """Idempotent: the same version again changes nothing."""

    help = (
        "Load the nurses' forms that are composed and not written (37, 38 and 44/BV2, the vital-sign chart)."
    )

    @all_facilities("load_bedside_forms")
    def handle(self, *args: Any, **options: Any) -> None:
        for content in [*(questionnaire(form) for form in FORMS), chart_questionnaire()]:
            row, is_new = load_questionnaire(content)
            self.stdout.write(f"{row.code} {row.version}: {'loaded' if is_new else 'already there'}")
