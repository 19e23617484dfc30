"""The form of a report, and whether it says what the report says now."""

from django.db.models import Q

from emr.accounts.models import PractitionerRole, User
from emr.accounts.services import facility_setting
from emr.common.clock import now
from encounters.documents.models import Document
from encounters.documents.signers import Second
from encounters.results import official
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


def second_signer(document: Document, author: User) -> Second | None:
    """Who agrees to a laboratory's form after who made it: the head of a department where that person works.

    None where the facility lets the maker alone sign this form, and where the maker is the head. One or two queries.
    """
    form, choice = (
        official.FORMS[document.code],
        facility_setting(document.facility_id, "result_second_signature"),
    )
    if choice == "none" or (choice == "special" and form.code not in official.SPECIAL):
        return None
    places = {held.department_id for held in author.current_roles}
    if any(held.role == "head_of_department" for held in author.current_roles):
        return None
    moment = now()
    head = (
        PractitionerRole.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=moment),
            role="head_of_department",
            department__in=places,
            starts_at__lte=moment,
            user__is_active=True,
            user__facility_id=document.facility_id,
        )
        .select_related("user")
        .order_by("user__sort_key", "pk")
        .first()
    )
    return Second(form.head, head.user if head is not None else None)
