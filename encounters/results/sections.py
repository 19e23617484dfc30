"""A result as the body of its official form."""

from typing import Any

from django.utils.translation import gettext as _

from emr.accounts.models import User
from encounters.documents.models import Document, DocumentVersion
from encounters.results import official
from encounters.results.models import ReportForm
from encounters.results.models.reports import RELEASED
from encounters.results.paper import report_of
from encounters.results.parts import arranged
from encounters.results.selectors.official import held_report
from encounters.visits.models import Death


class ReportSection:
    """Nothing is typed on such a form: it is what was reported."""

    name = official.SECTION
    print_template = "encounters/results/_print_form.html"
    editor_url_name = "encounters:results:form_body"

    def compose(self, document: Document) -> dict[str, Any]:
        form = ReportForm.objects.select_related("report__patient").filter(document=document).first()
        report = held_report(form) if form is not None else None
        if report is None:
            return {}
        note = "" if official.LAYOUT_CHECKED else official.UNCHECKED
        told = arranged(document.code, report_of(report))
        if document.code == official.AUTOPSY:
            death = Death.objects.filter(encounter=document.encounter_id, voided_at=None).first()
            told["died_at"] = death.died_at.isoformat() if death is not None else ""
        return {"report_id": report.pk, "report": told, "note": note}

    def problems(self, document: Document) -> list[str]:
        form = ReportForm.objects.select_related("report__patient").filter(document=document).first()
        report = held_report(form) if form is not None else None
        if report is None or report.status not in RELEASED:
            return [_("This form is made of a released result, on the result's page.")]
        return []

    def copy(self, *, source: Document, target: Document, by: User) -> None:
        """One form is of one result."""

    def frozen(self, *, document: Document, version: DocumentVersion, by: User) -> None:
        """The result is what it was."""

    def entered_in_error(self, *, document: Document, by: User, reason: str) -> None:
        """The result is taken back by itself."""
