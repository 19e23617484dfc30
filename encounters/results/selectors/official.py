"""The form of a report, and whether it says what the report says now."""

from encounters.documents.models import Document
from encounters.results.models import DiagnosticReport, ReportForm
from patients.registry.access import same_person


def form_of(report: DiagnosticReport) -> ReportForm | None:
    """The form that was made of this report, whichever version it was made of; not one entered in error."""
    return (
        ReportForm.objects.filter(
            facility_id=report.facility_id,
            report__source=report.source,
            report__filler_number=report.filler_number,
            report__patient__in=same_person(report.patient),
        )
        .exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        .select_related("document__current_version", "report")
        .order_by("-pk")
        .first()
    )


def held_report(form: ReportForm) -> DiagnosticReport | None:
    """The version that the form has to show: what holds under the producer's number."""
    report = form.report
    return (
        DiagnosticReport.objects.filter(
            facility_id=report.facility_id,
            source=report.source,
            filler_number=report.filler_number,
            patient__in=same_person(report.patient),
            replaced_by=None,
        )
        .select_related("request__requester", "author", "approved_by", "replaces")
        .first()
    )


def is_up_to_date(form: ReportForm, report: DiagnosticReport) -> bool:
    """Whether the document's newest version was made of this version of the report."""
    version = form.document.current_version
    shown = version.composition["sections"].get("report", {}) if version is not None else {}
    return bool(shown.get("report_id") == report.pk)
