"""ORU^R01 onto the record: whose result it is, which order it answers, and each report filed or taken back."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from emr.common.compiled import Compiled
from encounters.orders.models import ServiceRequest
from encounters.results.facts import ReportFacts
from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import PROVISIONAL
from encounters.results.services import file_report, is_nobodys, take_back
from encounters.specimens.models import RequestEvent
from encounters.specimens.services import note_performer_step
from encounters.visits.models import Encounter
from integrations.hl7v2.identifying import patient_of
from integrations.hl7v2.inbox import Applied
from integrations.hl7v2.outcomes import CannotApply
from integrations.lis.identity import demand_confirmed
from integrations.lis.mapping import Translation
from integrations.lis.reading import Group, Oru, read_oru
from integrations.lis.services.reflexes import demand_same_person, parent_of, reflex_for, source_of
from integrations.lis.statuses import REASONS
from integrations.lis.translating import filler_key, reports, wrong_patient
from integrations.transport.codes import note_codes
from integrations.transport.models import Channel, Message
from patients.registry.access import rows_of_root, same_person_ids
from patients.registry.models import Patient


def apply_oru(message: Message) -> Applied:
    """File every report of the message, or none; raises CannotApply, NotYet, Hl7Error, DomainError.

    A result for an order that we don't know goes onto the chart of the patient whose own number it carries (the hospital
    may still order elsewhere), and says so; one whose patient isn't known waits, and then needs a person (F-18).
    """
    oru = read_oru(message)
    demand_confirmed(message)
    patient = _patient(oru)
    changed = False
    told = [(group, report, _request_of(oru, group, patient)) for group, report in reports(oru)]
    filed_here = [entry for entry in told if not wrong_patient(entry[0])]
    translation = Translation(oru.channel, [report for _group, report, _request in filed_here])
    ready = {
        id(group): translation.report(report, is_ordered=request is not None)
        for group, report, request in filed_here
    }
    _mind_unknown(oru, translation)
    for group, _report, request in told:
        report = ready.get(id(group))
        if report is None:
            changed |= _take_back(oru, group)
            continue
        stay = None if request is not None else _stay(oru, patient, report.effective_at)
        filed = file_report(
            facility=oru.channel.facility,
            patient=patient,
            encounter=stay,
            request=request,
            report=_ours(report, request),
            source=source_of(oru.channel),
            author=oru.channel.account,
        )
        if filed.outcome == "late":
            oru.remark("older_result", number=report.filler_number.split("|", 1)[0])
        changed |= filed.is_new
        if filed.is_new and is_nobodys(filed.report):
            oru.remark("nobody_to_tell", number=filed.report.shown_number)
        if request is not None:
            changed |= _note_progress(oru, group, report, request)
    note_codes(oru.channel, translation.unknown)
    return Applied(changed, oru.remarks)


def _mind_unknown(oru: Oru, translation: Translation) -> None:
    """A test that nobody has mapped doesn't keep a result from the doctor, unless the channel says that it shall."""
    unknown = list(translation.unknown_tests.values())
    if not unknown:
        return
    sent = ", ".join(sorted(test.code for test in unknown))
    if oru.channel.unknown_codes == Channel.UnknownCodes.HOLD:
        missing = [[test.kind, test.code, test.words] for test in unknown]
        raise CannotApply("unmapped_service", sent=sent[:200], missing=missing)
    oru.remark("unmapped_service_kept", sent=sent[:200])


def _request_of(oru: Oru, group: Group, patient: Patient) -> ServiceRequest | None:
    return None if wrong_patient(group) else _request(oru, group, patient)


def _patient(oru: Oru) -> Patient:
    return patient_of(oru.channel, oru.pid, otherwise=CannotApply("result_of_another"))


def _request(oru: Oru, group: Group, patient: Patient) -> ServiceRequest | None:
    """The order that the group answers. Raises CannotApply when it is another person's."""
    numbers = [number for number in (group.placer_number, group.orc.placer_order_number) if number]
    found = ServiceRequest.objects.filter(
        facility=oru.channel.facility, placer_number__in=numbers
    ).select_related("patient", "encounter")
    request = found.first() if numbers else None
    if request is None and numbers:
        request = _of_another_system(oru, numbers, patient)
    if request is None or group.is_generated:
        request = _reflex(oru, group, patient, request)
    if request is None:
        if numbers:
            oru.remark("unknown_order", number=numbers[0])
        return None
    return demand_same_person(request, patient)


def _reflex(oru: Oru, group: Group, patient: Patient, parent: ServiceRequest | None) -> ServiceRequest | None:
    """A test that the producer added to an order of the person's; never one that hangs on somebody else's."""
    parent = parent or _beside(oru, group)
    for order in (parent_of(oru.channel, group), parent):
        if order is not None:
            demand_same_person(order, patient)
    return reflex_for(oru.channel, group, parent) or (parent if group.placer_number else None)


def _beside(oru: Oru, group: Group) -> ServiceRequest | None:
    """The order of the group of this message that the group follows from by the producer's number."""
    _placer, filler = group.parent_numbers
    others = [other for other in oru.groups if other is not group and other.placer_number]
    named = [other.placer_number for other in others if filler and other.filler_number == filler]
    orders = ServiceRequest.objects.filter(facility=oru.channel.facility, placer_number__in=named)
    return orders.select_related("patient", "encounter").first() if named else None


def _of_another_system(oru: Oru, numbers: list[str], patient: Patient) -> ServiceRequest | None:
    """The order that the HIS placed with the laboratory itself: the result carries the HIS's number. The newest counts."""
    return (
        ServiceRequest.objects.filter(
            facility=oru.channel.facility,
            origin_number__in=numbers,
            patient__in=same_person_ids(patient),
        )
        .exclude(origin="")
        .select_related("patient", "encounter")
        .order_by("-pk")
        .first()
    )


def _stay(oru: Oru, patient: Patient, at: datetime) -> Encounter | None:
    """The visit that is named, else the one that the specimen was taken in; none is no obstacle."""
    facility_id, root = oru.channel.facility_id, patient.root_id
    named = oru.pv1.visit_number.id_number or oru.pid.patient_account_number.id_number
    if named and (stay := _stays(facility_id, root).filter(identifier=named[:40]).first()):
        return stay
    return _during.first(facility_id, root, at)


def _stays(facility_id: int, root: int) -> QuerySet[Encounter]:
    stays = Encounter.objects.filter(facility_id=facility_id, patient__in=rows_of_root(root))
    return stays.exclude(status__in=[Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR])


@Compiled
def _during(facility_id: int, root: int, at: datetime) -> QuerySet[Encounter]:
    then = Q(ended_at=None) | Q(ended_at__gte=at)
    return _stays(facility_id, root).filter(then, started_at__lte=at).order_by("-started_at")[:1]


_WITHOUT_SPECIMEN = {"O": RequestEvent.Kind.ACCEPTED, "S": RequestEvent.Kind.SCHEDULED}


def _note_progress(oru: Oru, group: Group, report: ReportFacts, request: ServiceRequest) -> bool:
    """What the message says of the specimen: of no use, or at the laboratory while the result is still to come."""
    system = oru.channel.sending_application
    rejected = next((spm for spm in group.specimens if spm.reject_reason), None)
    if rejected is not None:
        return note_performer_step(
            request=request,
            kind=RequestEvent.Kind.REJECTED,
            at=report.issued_at,
            key=f"report:{report.version_key}",
            system=system,
            reason=rejected.reject_reason,
            reason_code=REASONS.get(rejected.reject_code, ""),
            label=rejected.label,
        )
    if report.status not in PROVISIONAL:
        return False
    is_here = report.status == DiagnosticReport.Status.REGISTERED
    kind = RequestEvent.Kind.RECEIVED if is_here else RequestEvent.Kind.STARTED
    # OBR-25 O and S: the order is known there, its specimen has not come (table 0123).
    kind = _WITHOUT_SPECIMEN.get(group.obr.result_status, kind)
    return note_performer_step(
        request=request,
        kind=kind,
        at=(report.received_at if is_here else None) or report.issued_at,
        key=f"report:{kind}:{report.filler_number}",
        system=system,
        collected_at=report.collected_at,
    )


def _ours(report: ReportFacts, request: ServiceRequest | None) -> ReportFacts:
    """The order says what was asked for where the producer gives no name of its own."""
    return replace(report, title=request.text) if request is not None and not report.title else report


def _take_back(oru: Oru, group: Group) -> bool:
    """The producer says that these are another person's; False when there is nothing to take back."""
    held = (
        DiagnosticReport.objects.filter(
            facility=oru.channel.facility, source=source_of(oru.channel), filler_number=filler_key(group)
        )
        .order_by("-pk")
        .first()
    )
    if held is None or held.status == DiagnosticReport.Status.ENTERED_IN_ERROR:
        return False
    reason = " ".join(group.notes) or _("The laboratory says that it is another person's.")
    take_back(report=held, reason=reason, by=oru.channel.account)
    return True
