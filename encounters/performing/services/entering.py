"""Results that people enter: provisional until somebody releases them, then versions like anybody else's reports."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.orders.models import OrderableService, ServiceRequest
from encounters.orders.selectors.catalogue import services_by_code
from encounters.orders.services.lines import OPEN
from encounters.performing import permissions
from encounters.performing.selectors.analytes import Field, changed_much, fields_of
from encounters.performing.selectors.cultures import organisms
from encounters.performing.selectors.worklist import SOURCE, held_report
from encounters.performing.services.cultures import Isolate, growth_of
from encounters.performing.services.facts import facts_of
from encounters.performing.services.numbers import number_in
from encounters.results import flags
from encounters.results.facts import AttachmentFacts, ReportFacts, ValueFacts
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.limits import critical_limits
from encounters.results.services import file_report
from encounters.specimens.models import RequestEvent, Specimen, SpecimenRequest
from encounters.specimens.services import note_performer_step
from patients.registry.models import Patient

Status = DiagnosticReport.Status
# What a service's group says of an examination's kind.
_CATEGORIES = {
    "US": "ultrasound",
    "ES": "endoscopy",
    "ECG": "functional",
    "EEG": "functional",
    "PFT": "functional",
}


class Questions(DomainError):
    """Values that must be looked at once more before they are kept: `asked` says which and why."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked
        super().__init__(" ".join(asked), code="questions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReport:
    """An imaging report as it was written."""

    narrative: str
    conclusion: str
    is_abnormal: bool = False
    is_critical: bool = False
    files: Sequence[AttachmentFacts] = ()


def take_on(*, request: ServiceRequest, by: User) -> bool:
    """The examination has begun; said twice is said once."""
    return note_performer_step(
        request=request, kind=RequestEvent.Kind.STARTED, at=now(), key="started:person", system="", by=by
    )


def refuse_order(*, request: ServiceRequest, reason: str, by: User) -> bool:
    """It can't be performed here: the order ends, whoever ordered it is told."""
    if not reason.strip():
        raise DomainError(_("Say why it can't be done."), code="reason_missing", field="reason")
    return note_performer_step(
        request=request,
        kind=RequestEvent.Kind.REFUSED,
        at=now(),
        key="refused:person",
        system="",
        by=by,
        reason=reason,
    )


@transaction.atomic
def enter_values(
    *,
    request: ServiceRequest,
    typed: Mapping[str, str],
    note: str,
    key: str,
    by: User,
    confirmed: bool = False,
    reason: str = "",
    isolates: Sequence[Isolate] = (),
    is_critical: bool = False,
) -> DiagnosticReport:
    """Keep the values of a test as a provisional report; `typed` is by analyte, `key` names the form that was sent.

    A released report is corrected by a new version instead, with a reason, by who may release. Raises Questions for a value
    that is critical or changed much, unless `confirmed`; DomainError naming the field for what is no value.
    """
    request = _locked(request)
    if (known := _sent_before(request, key)) is not None:
        return known
    fields = fields_of(request)
    values, asked = _read(fields, typed, request.patient, _taken_at(request))
    values = _with_growth(fields, values, isolates)
    if not fields and (words := typed.get("", "").strip()):
        values = [ValueFacts(title=request.text, code=request.code, text=words)]
    if not values:
        raise DomainError(_("Nothing was entered."), code="empty")
    if asked and not confirmed:
        raise Questions(asked)
    said = ImageReport(narrative="", conclusion="", is_critical=is_critical)
    is_culture = growth_field(fields) is not None
    return _file(
        request,
        values=tuple(values),
        note=note,
        key=key,
        by=by,
        reason=reason,
        culture=said if is_culture else None,
    )


@transaction.atomic
def enter_image_report(
    *, request: ServiceRequest, report: ImageReport, note: str = "", key: str, by: User, reason: str = ""
) -> DiagnosticReport:
    """Keep an imaging report as provisional, or as a correction of a released one; pictures of before stay with it."""
    request = _locked(request)
    if (known := _sent_before(request, key)) is not None:
        return known
    if not (report.narrative.strip() and report.conclusion.strip()):
        raise DomainError(_("Write what was seen and the conclusion."), code="empty")
    return _file(request, report=report, note=note, key=key, by=by, reason=reason)


@transaction.atomic
def release(*, report: DiagnosticReport, by: User) -> DiagnosticReport:
    """The provisional report becomes final: it completes the order and goes into the doctor's inbox. Twice is once.

    Raises DomainError when the person entered it and the facility wants a second one.
    """
    if not by.has_right(permissions.RELEASE):
        raise DomainError(_("You may not release results."), code="no_right")
    request = report.request
    if request is None or report.source != SOURCE:
        raise DomainError(_("Only what was entered here is released here."), code="not_ours")
    _locked(request)
    held = held_report(request)
    if held is None or held.status in RELEASED:
        return held or report
    if held.author_id == by.pk and not may_release_alone(request):
        raise DomainError(
            _("You entered this result: somebody else with the right to release has to."),
            code="second_person",
        )
    told = facts_of(held, status=Status.FINAL, key=f"final:{held.pk}", approver=by.titled_name)
    filed = file_report(
        facility=request.facility,
        patient=request.patient,
        encounter=None,
        request=request,
        report=told,
        source=SOURCE,
        author=held.author,
        approved_by=by,
    )
    record("report.release", by=by, of=filed.report)
    return filed.report


def may_release_alone(request: ServiceRequest) -> bool:
    """Whether who entered it may release it, by the facility's choice for the kind."""
    if request.category == ServiceRequest.Category.IMAGING:
        return bool(facility_setting(request.facility_id, "release_own_imaging"))
    return bool(facility_setting(request.facility_id, "release_own_laboratory"))


def _locked(request: ServiceRequest) -> ServiceRequest:
    rows = ServiceRequest.objects.select_for_update(of=("self",))
    return rows.select_related("patient__merged_into", "encounter", "facility").get(pk=request.pk)


def _sent_before(request: ServiceRequest, key: str) -> DiagnosticReport | None:
    return DiagnosticReport.objects.filter(request=request, source=SOURCE, version_key=key).first()


def _read(
    fields: Sequence[Field], typed: Mapping[str, str], patient: Patient, at: dt.datetime
) -> tuple[list[ValueFacts], list[str]]:
    told = [(field, text) for field in fields if (text := typed.get(field.row.analyte, "").strip())]
    values = [_value(field, text) for field, text in told]
    limits = critical_limits(patient, at, values)
    asked: list[str] = []
    for (field, text), value in zip(told, values, strict=True):
        if value.number is None:
            continue
        shown = f"{field.row.title} {text} {field.row.unit}".strip()
        own = limits(value)
        if flags.is_critical(value, flags.computed_flag(value, own), own):
            asked.append(_("%(value)s is critical: is it right?") % {"value": shown})
        elif changed_much(field, value.number):
            asked.append(
                _("%(value)s was %(before)s before: is it right, and is it this patient's?")
                % {"value": shown, "before": field.before_text}
            )
    return values, asked


def growth_field(fields: Sequence[Field]) -> Field | None:
    """Where it is told what grew; None of a test that is no culture."""
    return next((field for field in fields if field.row.kind == field.row.Kind.GROWTH), None)


def _with_growth(
    fields: Sequence[Field], values: list[ValueFacts], isolates: Sequence[Isolate]
) -> list[ValueFacts]:
    """The isolates in the place of what grew; nothing can have grown beside them."""
    field = growth_field(fields)
    if field is None or all(isolate.is_empty for isolate in isolates):
        return values
    if any(value.code == field.row.analyte for value in values):
        raise DomainError(
            _("Either nothing grew, or these isolates did: leave one of them out."),
            code="bad_value",
            field=field.name,
        )
    grown = growth_of(field.row, isolates, organisms(field.row.facility_id))
    before = {other.row.analyte for other in fields[: fields.index(field)]}
    place = sum(value.code in before for value in values)
    return [*values[:place], *grown, *values[place:]]


def _value(field: Field, text: str) -> ValueFacts:
    row = field.row
    about: dict[str, Any] = {
        "title": row.title,
        "code": row.analyte,
        "national_code": row.national_code,
        "loinc": row.loinc,
        "unit": row.unit,
        "ucum": row.ucum,
        "low": row.low,
        "high": row.high,
        "reference": field.range,
    }
    if row.kind == row.Kind.NUMBER:
        found = number_in(text)
        if found is None:
            raise DomainError(
                _("%(name)s: a number, please.") % {"name": row.title}, code="bad_value", field=field.name
            )
        return ValueFacts(number=found[1], comparator=found[0], **about)
    if row.kind in {row.Kind.CHOICE, row.Kind.GROWTH} and field.options:
        options = dict(field.options)
        if text not in options:
            raise DomainError(
                _("%(name)s: choose one of the words.") % {"name": row.title},
                code="bad_value",
                field=field.name,
            )
        return ValueFacts(text=text, flag="A" if options[text] else "N", **about)
    return ValueFacts(text=text, **about)


def _file(
    request: ServiceRequest,
    *,
    key: str,
    by: User,
    note: str,
    reason: str,
    values: tuple[ValueFacts, ...] = (),
    report: ImageReport | None = None,
    culture: ImageReport | None = None,
) -> DiagnosticReport:
    held = held_report(request)
    is_correction = held is not None and held.status in RELEASED
    if is_correction and not by.has_right(permissions.RELEASE):
        raise DomainError(_("It is released: who may release corrects it."), code="no_right")
    if is_correction and not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    if held is None and request.status not in OPEN:
        raise DomainError(_("This order was stopped: nothing is entered for it."), code="stopped")
    service = services_by_code(request.facility_id, [request.code]).get(request.code)
    tube = _tube(request)
    pictures = tuple(report.files) if report is not None else ()
    if report is not None and held is not None:
        pictures = (*facts_of(held, status=held.status, key=key).attachments, *pictures)
    told = ReportFacts(
        filler_number=request.placer_number,
        version_key=key,
        status=Status.CORRECTED if is_correction else Status.PRELIMINARY,
        category=DiagnosticReport.Category.MICROBIOLOGY
        if culture is not None
        else _category(request, service),
        title=request.text,
        code=request.code,
        national_code=service.national_code if service is not None else "",
        loinc=service.loinc if service is not None else "",
        issued_at=now(),
        placer_number=request.placer_number,
        collected_at=tube.collected_at if tube is not None else None,
        received_at=tube.received_at if tube is not None else None,
        performed_at=now(),
        specimen_number=tube.accession_number if tube is not None else "",
        specimen_type=(tube.kind if tube is not None else "") or request.specimen,
        laboratory=request.facility.name,
        performer=by.titled_name,
        approver=by.titled_name if is_correction else "",
        accession_number=request.accession_number,
        narrative=report.narrative.strip() if report is not None else "",
        conclusion=report.conclusion.strip() if report is not None else "",
        is_abnormal=report.is_abnormal if report is not None else False,
        is_critical=said.is_critical if (said := report or culture) is not None else False,
        note="\n".join(part for part in (note.strip(), reason.strip()) if part),
        values=values,
        attachments=pictures,
    )
    filed = file_report(
        facility=request.facility,
        patient=request.patient,
        encounter=None,
        request=request,
        report=told,
        source=SOURCE,
        author=by,
        approved_by=by if is_correction else None,
    )
    record("report.enter", by=by, of=filed.report, detail={"status": told.status})
    return filed.report


def _tube(request: ServiceRequest) -> Specimen | None:
    test = SpecimenRequest.objects.select_related("specimen").filter(request=request, is_current=True).first()
    return test.specimen if test is not None else None


def _taken_at(request: ServiceRequest) -> dt.datetime:
    """When its specimen was collected: that age counts. Where nobody has said so, now."""
    tube = _tube(request)
    return (tube.collected_at if tube is not None else None) or now()


def _category(request: ServiceRequest, service: OrderableService | None) -> str:
    group = service.group.upper() if service is not None else ""
    if request.category == ServiceRequest.Category.IMAGING:
        return _CATEGORIES.get(group, "imaging")
    return "laboratory"
