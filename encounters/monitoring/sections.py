"""A sheet of the vital-sign chart as the body of its form."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentVersion
from encounters.monitoring.models import VitalSheet
from encounters.monitoring.official import CHART, UNCHECKED
from encounters.monitoring.selectors.chart import chart_content


class ChartSection:
    """Nothing is typed on such a form: it is what was measured."""

    name = CHART.section
    print_template = "encounters/monitoring/_print_chart.html"
    editor_url_name = "encounters:monitoring:chart_body"

    def compose(self, document: Document) -> dict[str, Any]:
        row = VitalSheet.objects.select_related("encounter__patient").filter(document=document).first()
        return chart_content(row.encounter, row.number) | {"note": UNCHECKED} if row is not None else {}

    def problems(self, document: Document) -> list[str]:
        if not VitalSheet.objects.filter(document=document).exists():
            return [_("This form is made on the page of the vital-sign chart.")]
        return []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """One sheet is of its ten days."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """What was measured stays as it is."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """What was measured is corrected by itself."""
