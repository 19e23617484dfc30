"""A released report is somebody's to acknowledge; a newer version makes it so again."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.errors import Conflict
from encounters.results import telling
from encounters.results.models import DiagnosticReport, ReportReading, ReportReview
from encounters.results.models.reports import NEWS, RELEASED
from encounters.results.services.late import close_for_review, open_for_review
from encounters.visits.models import Encounter
from patients.registry.access import rows_of_root


def open_review(*, report: DiagnosticReport, by: User | None) -> ReportReview | None:
    """Put a new version into the inbox, the one before it out, and ring where it is critical or changes what was seen."""
    held = report.replaces
    is_correction = False
    if held is not None:
        close_review(report=held, outcome=ReportReview.Outcome.SUPERSEDED, by=by)
        telling.stop_telling(held, by=by)
        is_correction = held.status in RELEASED
    if is_correction or (held is not None and report.is_void):
        telling.tell_of_change(report, by=by)
    if not _is_for_somebody(report, is_correction=is_correction):
        return None
    review = ReportReview.objects.create(
        facility_id=report.facility_id,
        report=report,
        patient_id=report.patient_id,
        encounter=report.encounter,
        department=None if report.encounter is not None else _last_department(report),
        requester=report.request.requester if report.request is not None else None,
        urgency=_urgency(report),
        is_correction=is_correction,
        due_at=now() + telling.due_after(report.facility_id) if report.is_critical else None,
    )
    is_over = open_for_review(review)  # asks the stay anew: whoever files has read it a while ago
    if report.is_critical:
        telling.tell_of_critical(review, by=by)
    elif is_over and report.encounter is not None and report.encounter.is_inpatient:
        telling.tell_of_late(review, by=by)
    return review


def _is_for_somebody(report: DiagnosticReport, *, is_correction: bool) -> bool:
    if now() - report.issued_at > NEWS:
        return False
    if report.is_void:
        return is_correction
    return report.status in RELEASED or report.is_critical


def _urgency(report: DiagnosticReport) -> ReportReview.Urgency:
    if report.is_critical:
        return ReportReview.Urgency.CRITICAL
    is_abnormal = report.is_abnormal or report.is_void
    return ReportReview.Urgency.ABNORMAL if is_abnormal else ReportReview.Urgency.NORMAL


def _last_department(report: DiagnosticReport) -> Organization | None:
    """Of a result without a stay: who cared for the patient last."""
    last = _last_stay.first(report.patient.root_id)
    return last.department if last is not None else None


@Compiled
def _last_stay(root: int) -> QuerySet[Encounter]:
    stays = Encounter.objects.filter(patient__in=rows_of_root(root), department__isnull=False)
    stays = stays.exclude(status__in=[Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR])
    return stays.select_related("department").order_by("-started_at", "-pk")[:1]


def is_nobodys(report: DiagnosticReport) -> bool:
    """Whether the report waits to be acknowledged and no doctor or department is known to do so."""
    if report.encounter_id is not None:
        return False
    nobody = {"requester": None, "department": None, "outcome": ReportReview.Outcome.OPEN}
    return ReportReview.objects.filter(report=report, **nobody).exists()


def close_review(*, report: DiagnosticReport, outcome: str, by: User | None) -> bool:
    """End what was asked about this version; whether anything was."""
    review = ReportReview.objects.filter(report=report, outcome=ReportReview.Outcome.OPEN).first()
    if review is None:
        return False
    is_closed = ReportReview.objects.filter(pk=review.pk, outcome=ReportReview.Outcome.OPEN).update(
        outcome=outcome, closed_at=now(), closed_by=by
    )
    close_for_review(review)
    return bool(is_closed)


@transaction.atomic
def acknowledge(*, report: DiagnosticReport, by: User, note: str = "") -> ReportReading:
    """The person has seen the result and answers for what follows; the ladder ends. A second time changes nothing.

    Raises Conflict when a newer version is held: that one is to be acknowledged.
    """
    review = ReportReview.objects.select_for_update(of=("self",)).filter(report=report).first()
    if DiagnosticReport.objects.filter(replaces=report).exists():
        raise Conflict(_("This report was replaced meanwhile: see the new version."), code="newer")
    reading, is_new = ReportReading.objects.get_or_create(
        report=report,
        reader=by,
        kind=ReportReading.Kind.ACKNOWLEDGED,
        defaults={"facility_id": report.facility_id, "note": note.strip()[:300]},
    )
    if is_new:
        record("report.acknowledge", by=by, of=report)
    if review is not None and review.outcome == ReportReview.Outcome.OPEN:
        close_review(report=report, outcome=ReportReview.Outcome.ACKNOWLEDGED, by=by)
        telling.stop_telling(report, by=by)
    return reading


@transaction.atomic
def acknowledge_many(*, reviews: Iterable[ReportReview], by: User) -> int:
    """Acknowledge those of the given ones that are open and normal still; returns how many.

    What has become abnormal, or was replaced since the page was drawn, stays: nobody has seen it.
    """
    count = 0
    wanted = [review.pk for review in reviews]
    normal = ReportReview.objects.filter(
        pk__in=wanted, outcome=ReportReview.Outcome.OPEN, urgency=ReportReview.Urgency.NORMAL
    )
    for review in normal.select_related("report").order_by("pk"):
        acknowledge(report=review.report, by=by)
        count += 1
    return count


def mark_seen(*, report: DiagnosticReport, by: User) -> None:
    """The person has had this version on the screen: they are told when it turns out to be wrong."""
    ReportReading.objects.get_or_create(
        report=report,
        reader=by,
        kind=ReportReading.Kind.SEEN,
        defaults={"facility_id": report.facility_id},
    )
