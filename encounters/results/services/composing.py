"""The official form of a result: composed from what was reported, frozen and signed as any document."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.results import official
from encounters.results.locks import one_at_a_time
from encounters.results.models import DiagnosticReport, ReportForm
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.official import form_of, is_up_to_date


@transaction.atomic
def compose_form(*, report: DiagnosticReport, code: str, by: User) -> Document:
    """Make the official form of a released report, confirmed by `by`, who is asked to sign it.

    Asked twice, there is one. A later version of the report makes the next version of the same document, which has to be
    signed anew; the form's code stays. Raises DomainError by `code`: not_released, no_stay, bad_form, or why the document
    can't be confirmed; Conflict `newer` for a version that doesn't hold any more.
    """
    one_at_a_time(report.facility, report.source, report.filler_number)
    if DiagnosticReport.objects.filter(replaces=report).exists():
        raise Conflict(_("A newer version of this report is held already."), code="newer")
    if report.status not in RELEASED:
        raise DomainError(_("Only a released result has a form."), code="not_released")
    if report.encounter is None:
        raise DomainError(_("A result without a stay has no form."), code="no_stay")
    held = form_of(report)
    if held is not None:
        return held.document if is_up_to_date(held, report) else _amended(held.document, report, by)
    form = official.FORMS.get(code)
    if form is None or form not in official.forms_for(report):
        raise DomainError(
            _("A result of this kind doesn't stand on that form."), code="bad_form", field="code"
        )
    document = documents.begin_document(encounter=report.encounter, code=form.code, by=by)
    ReportForm.objects.create(facility_id=report.facility_id, report=report, document=document)
    documents.finalize_document(document=document, revision=document.draft.revision, by=by)
    record("report.form", by=by, of=report, detail={"code": form.code})
    document.refresh_from_db()
    return document


def _amended(document: Document, report: DiagnosticReport, by: User) -> Document:
    reason = _("The result was changed: %(status)s") % {"status": report.get_status_display()}
    draft = documents.amend_document(document=document, reason=reason, by=by)
    documents.finalize_document(document=document, revision=draft.revision, by=by)
    record("report.form", by=by, of=report, detail={"code": document.code, "again": True})
    document.refresh_from_db()
    return document


def void_form(*, report: DiagnosticReport, reason: str, by: User | None) -> None:
    """The result was taken back: its form, signed or not, is marked as entered in error with it."""
    held = form_of(report)
    if held is not None:
        # A channel takes back too; then nobody of the house has done it.
        documents.enter_in_error(document=held.document, reason=reason[:200], by=by)  # type: ignore[arg-type]
