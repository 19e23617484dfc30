"""A report comes in: from a laboratory system, from a technician's page, from an import. All take this way."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.compiled import Compiled
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import fold
from emr.outbox import publish
from emr.storage.services import store_bytes
from encounters.orders.models import Order, ServiceRequest
from encounters.orders.services import complete_service_request, reopen_order
from encounters.orders.services.lines import OPEN
from encounters.results import flags
from encounters.results.facts import ReportFacts, ValueFacts, all_values
from encounters.results.locks import one_at_a_time, record_is_closed
from encounters.results.models import DiagnosticReport, Finding, ReportAttachment
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.limits import LimitsOf, critical_limits
from encounters.results.services.composing import void_form
from encounters.results.services.reviewing import open_review
from encounters.visits.models import Encounter
from patients.registry.models import Patient

# How far a version has come: what is lower than what we hold came late, whatever its clock says.
_RANK = {
    "registered": 0,
    "partial": 1,
    "preliminary": 2,
    "final": 3,
    "amended": 4,
    "corrected": 4,
    "cancelled": 5,
}
_CLOCKS_MAY_DIFFER_HOURS = 24
_LARGEST = Decimal(10) ** 12
_LONGEST_KEY = 80
FILED, SAME, LATE = "filed", "same", "late"


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of it: `outcome` is "filed" (a new row), "same" (known already) or "late" (a newer version is held)."""

    report: DiagnosticReport
    outcome: str

    @property
    def is_new(self) -> bool:
        """Whether anything was stored."""
        return self.outcome == FILED


@Compiled
def _versions(facility_id: int, source: str, filler_number: str) -> QuerySet[DiagnosticReport]:
    held = DiagnosticReport.objects.filter(
        facility_id=facility_id, source=source, filler_number=filler_number
    )
    return held.select_related("patient").order_by("-pk")


@transaction.atomic
def file_report(
    *,
    facility: Organization,
    patient: Patient,
    encounter: Encounter | None,
    request: ServiceRequest | None,
    report: ReportFacts,
    source: str,
    author: User | None,
    approved_by: User | None = None,
) -> Filed:
    """Keep one version of a report, once; the version held before stays and is named as replaced.

    `source` and `report.filler_number` name the report, `report.version_key` the version. The same version with the same
    content is stored once; a version that is behind the one held (preliminary after final, an older release) is left
    out. A version carries all its findings: what it leaves out holds no more. The stay may have ended and the patient
    may be merged; `request` goes before `encounter` where both are given. The order is completed by a released report.

    Raises DomainError by `code`: other_facility, other_patient (the order, stay or report is somebody else's),
    cancelled_stay, not_in_effect (a draft order), no_number, bad_status, bad_category, empty, future, bad_value,
    taken_back; Conflict `key_reused` for other content under a known version key.
    """
    stay = request.encounter if request is not None else encounter
    _check_people(facility, patient, stay, request)
    _check_facts(report)
    one_at_a_time(facility, source, report.filler_number)
    versions = list(_versions(facility.pk, source, report.filler_number))
    for row in versions:
        if row.version_key == report.version_key and row.patient.root_id == patient.root_id:
            return _known(row, report)
    replaced = _held(versions[0] if versions else None, patient)
    if replaced is not None and _is_behind(report, replaced):
        record("report.late", by=author, of=replaced, detail={"status": report.status})
        return Filed(replaced, LATE)
    row = _store(
        facility=facility,
        patient=patient,
        encounter=stay,
        request=request,
        replaces=replaced,
        source=source,
        author=author,
        approved_by=approved_by,
        report=report,
    )
    _complete(row, request, author)
    open_review(report=row, by=author)
    told = {"status": row.status, "source": source[:40], "replaces": row.replaces_id}
    record("report.file", by=author, of=row, detail=told)
    if stay is not None and record_is_closed(stay):
        publish("diagnostic_report.came_late", order_key=f"patient:{patient.root_id}", report_id=row.pk)
    return Filed(row, FILED)


@transaction.atomic
def take_back(*, report: DiagnosticReport, reason: str, by: User | None) -> DiagnosticReport:
    """The report is another person's, or never should have been: a last version says so and holds no finding.

    Its order is open again unless another released report answers it. Who has seen it is told. The producer's number may
    then be filed for the right person. Raises DomainError without a reason, Conflict when it isn't what holds.
    """
    if not reason.strip():
        raise DomainError(_("Say why it is taken back."), code="reason_missing", field="reason")
    one_at_a_time(report.facility, report.source, report.filler_number)
    if DiagnosticReport.objects.filter(replaces=report).exists():
        raise Conflict(_("A newer version of this report is held already."), code="newer")
    if report.status == DiagnosticReport.Status.ENTERED_IN_ERROR:
        return report
    kept = {name: getattr(report, name) for name in _KEPT_WHEN_TAKEN_BACK}
    row = DiagnosticReport.objects.create(
        **kept,
        replaces=report,
        status=DiagnosticReport.Status.ENTERED_IN_ERROR,
        version_key=f"taken-back:{report.pk}",
        issued_at=now(),
        author=by,
        reason=reason.strip()[:300],
    )
    request = report.request
    if request is not None and request.status == Order.Status.COMPLETED and not _is_answered(request):
        reopen_order(order=request, by=by)
    void_form(report=row, reason=row.reason, by=by)
    open_review(report=row, by=by)
    record("report.take_back", by=by, of=row)
    publish(
        "diagnostic_report.taken_back",
        order_key=f"patient:{report.patient.root_id}",
        report_id=row.pk,
        replaced_id=report.pk,
    )
    return row


_KEPT_WHEN_TAKEN_BACK = (
    "facility_id", "patient_id", "encounter_id", "request_id", "category", "title", "code", "national_code", "loinc",
    "source", "filler_number", "placer_number", "digest", "effective_at",
)  # fmt: skip


def _is_answered(request: ServiceRequest) -> bool:
    return DiagnosticReport.objects.filter(request=request, replaced_by=None, status__in=RELEASED).exists()


def _check_people(
    facility: Organization, patient: Patient, stay: Encounter | None, request: ServiceRequest | None
) -> None:
    if patient.facility_id != facility.pk:
        raise DomainError(_("The patient belongs to another facility."), code="other_facility")
    if request is not None:
        if request.patient.root_id != patient.root_id:
            raise DomainError(_("The order is another patient's."), code="other_patient")
        if request.status == Order.Status.DRAFT:
            raise DomainError(_("The order isn't in effect yet."), code="not_in_effect")
    if stay is None:
        return
    if stay.patient_id != patient.pk and stay.patient.root_id != patient.root_id:
        raise DomainError(_("The stay is another patient's."), code="other_patient")
    if stay.status in {"cancelled", "entered-in-error"}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled_stay")


def _check_facts(report: ReportFacts) -> None:
    if not report.filler_number.strip() or not report.version_key.strip():
        raise DomainError(_("The report has no number of its producer's."), code="no_number")
    if max(len(report.filler_number), len(report.version_key)) > _LONGEST_KEY:
        raise DomainError(_("The report's number is too long."), code="no_number")
    if report.status not in _RANK:
        raise DomainError(_("The report's status is unknown."), code="bad_status")
    if report.category not in DiagnosticReport.Category.values:
        raise DomainError(_("The report's kind is unknown."), code="bad_category")
    ahead = (report.issued_at - now()).total_seconds() / 3600
    if ahead > _CLOCKS_MAY_DIFFER_HOURS:
        raise DomainError(_("This time lies in the future."), code="future")
    tells = report.values or report.attachments or (report.narrative + report.conclusion).strip()
    if report.status in RELEASED and not tells:
        raise DomainError(_("A released report has a finding, words or a file."), code="empty")
    for value in all_values(report.values):
        _check_value(value)


def _check_value(value: ValueFacts) -> None:
    if not value.title.strip():
        raise DomainError(_("A finding has no name."), code="bad_value")
    if value.number is not None and (not value.number.is_finite() or abs(value.number) >= _LARGEST):
        raise DomainError(_("%(name)s: the number can't be kept.") % {"name": value.title}, code="bad_value")
    if value.comparator not in {"", "<", "<=", ">", ">="} or (value.comparator and value.number is None):
        raise DomainError(
            _("%(name)s: a comparison needs a number.") % {"name": value.title}, code="bad_value"
        )


def _known(row: DiagnosticReport, report: ReportFacts) -> Filed:
    if row.digest != report.digest():
        raise Conflict(_("Other results were sent under the same version of the report."), code="key_reused")
    return Filed(row, SAME)


def _held(newest: DiagnosticReport | None, patient: Patient) -> DiagnosticReport | None:
    """The version that the new one follows; none for a new report, and after one was taken back from another person."""
    if newest is None:
        return None
    same_person = newest.patient.root_id == patient.root_id
    if newest.status == DiagnosticReport.Status.ENTERED_IN_ERROR:
        if same_person:
            raise DomainError(_("This report was taken back from this patient."), code="taken_back")
        return None
    if not same_person:
        raise DomainError(
            _("This report was filed for another patient; take it back there first."), code="other_patient"
        )
    return newest


def _is_behind(report: ReportFacts, held: DiagnosticReport) -> bool:
    rank, held_rank = _RANK[report.status], _RANK[held.status]
    if held.status == DiagnosticReport.Status.CANCELLED:
        return report.issued_at <= held.issued_at
    return rank < held_rank or (rank == held_rank and report.issued_at < held.issued_at)


_COPIED = (
    "status", "category", "title", "code", "national_code", "loinc", "filler_number", "placer_number", "version_key",
    "effective_at", "collected_at", "received_at", "performed_at", "issued_at", "specimen_number", "specimen_type",
    "specimen_text", "method", "device", "laboratory", "quality_level", "performer", "approver", "accession_number",
    "study_instance_uid", "narrative", "conclusion", "note",
)  # fmt: skip


def _store(*, report: ReportFacts, **about: Any) -> DiagnosticReport:
    limits = critical_limits(about["patient"], report.effective_at, all_values(report.values))
    judged = [_judged(value, limits) for value in all_values(report.values)]
    told = {name: getattr(report, name) for name in _COPIED}
    for name in _COPIED:
        longest = getattr(DiagnosticReport._meta.get_field(name), "max_length", None)
        if longest and isinstance(told[name], str) and name not in {"filler_number", "version_key"}:
            told[name] = told[name][:longest]
    row = DiagnosticReport.objects.create(
        **about,
        **told,
        digest=report.digest(),
        is_abnormal=report.is_abnormal
        or report.is_critical
        or any(is_abnormal for *_flag, is_abnormal, _critical in judged),
        is_critical=report.is_critical or any(is_critical for *_flag, is_critical in judged),
    )
    _store_findings(row, report, limits)
    for place, file in enumerate(report.attachments, 1):
        ReportAttachment.objects.create(
            facility_id=row.facility_id,
            report=row,
            attachment=store_bytes(file.data, content_type=file.content_type[:100], facility=row.facility),
            title=file.title[:200],
            position=place,
        )
    return row


def _store_findings(row: DiagnosticReport, report: ReportFacts, limits: LimitsOf) -> None:
    """Findings under a heading name it, so headings are stored first: a level at a time."""
    stored: dict[int, Finding] = {}
    waiting = list(_placed(report.values, 0, itertools.count(1)))
    while waiting:
        ready = [(place, above, value) for place, above, value in waiting if not above or above in stored]
        rows = [_finding(row, stored.get(above), value, place, limits) for place, above, value in ready]
        stored |= {finding.position: finding for finding in Finding.objects.bulk_create(rows)}
        waiting = [told for told in waiting if told[0] not in stored]


def _placed(
    values: Iterable[ValueFacts], above: int, places: Iterator[int]
) -> Iterator[tuple[int, int, ValueFacts]]:
    """(place in the report, place of the heading or 0, finding)."""
    for value in values:
        place = next(places)
        yield place, above, value
        yield from _placed(value.children, place, places)


def _judged(value: ValueFacts, limits: LimitsOf) -> tuple[str, bool, bool, bool]:
    """(flag, whether it is ours, abnormal, critical); what a heading's findings are is said by them."""
    flag = value.flag.strip().upper()[:8]
    is_computed = not flag
    own = limits(value)
    flag = flag or flags.computed_flag(value, own)
    if value.status in {"cancelled", "entered-in-error"}:
        return flag, is_computed, False, False
    is_critical = flags.is_critical(value, flag, own)
    return flag, bool(flag) and is_computed, is_critical or flag in flags.ABNORMAL, is_critical


def series_of(value: ValueFacts) -> str:
    """What the same test has in common whoever performed it."""
    return (value.loinc or value.national_code or fold(value.title))[:120]


def _finding(
    report: DiagnosticReport, parent: Finding | None, value: ValueFacts, position: int, limits: LimitsOf
) -> Finding:
    flag, is_computed, is_abnormal, is_critical = _judged(value, limits)
    return Finding(
        facility_id=report.facility_id,
        report=report,
        patient_id=report.patient_id,
        effective_at=report.effective_at,
        parent=parent,
        position=position,
        series=series_of(value),
        title=value.title[:200],
        code=value.code[:40],
        national_code=value.national_code[:20],
        loinc=value.loinc[:20],
        number=value.number,
        comparator=value.comparator,
        text=value.text,
        value_code=value.value_code[:40],
        unit=value.unit[:40],
        ucum=value.ucum[:40],
        low=value.low,
        high=value.high,
        reference=value.reference[:120],
        flag=flag,
        is_computed=is_computed,
        is_abnormal=is_abnormal,
        is_critical=is_critical,
        status=value.status[:16],
        absent=value.absent[:120],
        method=value.method[:200],
        device=value.device[:200],
        performed_at=value.performed_at,
        note=value.note,
    )


def _complete(row: DiagnosticReport, request: ServiceRequest | None, by: User | None) -> None:
    """The order is done; one that was stopped meanwhile, or is done already, stays as it is."""
    if request is None or row.status not in RELEASED:
        return
    request = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if request.status in OPEN:
        complete_service_request(order=request, by=by, system=row.source)
