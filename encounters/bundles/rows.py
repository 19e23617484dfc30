"""The rows that the export tells of, as plain text by our own names; which stand where is `hosobenhan.py`'s business."""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from emr.accounts.models import User
from encounters.documents.models import Document
from encounters.documents.signed import SignedBy, signatures_of
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.results.models import DiagnosticReport, Finding
from encounters.visits import codes
from encounters.visits.models import Condition, Encounter, EncounterParticipant, Procedure
from patients.coverage.selectors import coverage_on
from patients.registry import systems
from patients.registry.models import Identifier

Row = dict[str, str]
_Order = TypeVar("_Order", MedicationRequest, ServiceRequest)
_IMAGES = ("imaging", "ultrasound", "endoscopy", "functional")


def _instant(at: dt.datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _number(value: Decimal | int | None) -> str:
    return "" if value is None else f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _patient(encounter: Encounter) -> list[Row]:
    patient = encounter.patient
    own = systems.mrn(encounter.facility)
    numbers = dict(
        Identifier.objects.filter(
            patient_id=patient.root_id, system__in=[own, systems.CITIZEN], is_active=True
        )
        .order_by("-pk")
        .values_list("system", "value")
    )
    card = coverage_on(patient, timezone.localdate(encounter.begins_at))
    return [
        {
            "mrn": numbers.get(own, ""),
            "name": patient.full_name,
            "birth": _birth(patient.birth_date, patient.birth_year),
            "sex": patient.sex,
            "citizen": numbers.get(systems.CITIZEN, ""),
            "insurance": card.card_number if card else "",
            "ethnic_group": patient.ethnic_group,
            "nationality": patient.nationality,
            "occupation": patient.occupation,
            "address": patient.address_text or patient.address_line,
            "commune": patient.commune,
            "province": patient.province,
            "phone": patient.phone,
        }
    ]


def _birth(day: dt.date | None, year: int | None) -> str:
    return day.isoformat() if day else str(year or "")


def _diagnoses(encounter: Encounter, *roles: str) -> Row:
    """The first role's main disease, the other codes beside it. One query."""
    found = list(
        Condition.objects.filter(
            encounter=encounter, role__in=roles, error_at=None, replaced_by=None
        ).order_by("rank", "pk")
    )
    found.sort(key=lambda row: roles.index(row.role))
    if not found:
        return {}
    main, *others = found
    return {
        "icd": main.code,
        "icd_text": main.text,
        "icd_other": ";".join(row.code for row in others if row.code),
    }


def _admission(encounter: Encounter) -> list[Row]:
    role = codes.DiagnosisRole
    return [
        {
            "facility_code": encounter.facility.code,
            "facility": encounter.facility.name,
            "identifier": encounter.identifier,
            "admission_number": encounter.admission_number,
            "record_type": encounter.record_type,
            "payer": encounter.payer,
            "begins_at": _instant(encounter.begins_at),
            "source": encounter.admission_source,
            "referral_source": encounter.referral_source,
            "reason": encounter.reason,
            **_diagnoses(encounter, role.ADMISSION, role.DEPARTMENT),
        }
    ]


def _treatment(encounter: Encounter) -> list[Row]:
    role = codes.DiagnosisRole
    attending = (
        EncounterParticipant.objects.filter(encounter=encounter, role=codes.ParticipantRole.ATTENDING)
        .select_related("practitioner")
        .order_by("-starts_at", "-pk")
        .first()
    )
    record = Document.objects.filter(
        encounter=encounter, code__endswith="/BV1", current_version__isnull=False
    ).exclude(status="entered-in-error")
    version = record.values_list("current_version_id", flat=True).order_by("code").first()
    return [
        {
            "department": encounter.department.name if encounter.department else "",
            "ended_at": _instant(encounter.ended_at),
            "days": _number(encounter.treatment_days),
            "outcome": encounter.outcome,
            "disposition": encounter.disposition,
            "pathology": encounter.pathology,
            "attending": attending.practitioner.titled_name if attending else "",
            **_diagnoses(encounter, role.DISCHARGE_MAIN, role.DISCHARGE_SECONDARY, role.COMPLICATION),
            **_signer(signatures_of([version]).get(version, []) if version else []),
        }
    ]


def _signer(signatures: list[SignedBy]) -> Row:
    """Who signed last, in the end the one who answers."""
    if not signatures:
        return {}
    return {"signer": signatures[-1].name, "signed_at": _instant(signatures[-1].at)}


def _of_entries(orders: Iterable[MedicationRequest | ServiceRequest]) -> dict[int, Row]:
    """{order's id: who signed the entry that it stands in}. One query."""
    by_order = {
        order.pk: order.entry.current_version_id
        for order in orders
        if order.entry is not None and order.entry.current_version_id
    }
    signed = signatures_of(list(set(by_order.values())))
    return {pk: _signer(signed.get(version, [])) for pk, version in by_order.items()}


def _in_effect(orders: QuerySet[_Order]) -> list[_Order]:
    """Those that were confirmed, by whomever, whatever became of them."""
    told = orders.exclude(status__in=["draft", "entered-in-error"]).select_related("entry", "requester")
    return list(told.order_by("authored_at", "pk"))


def _medicines(encounter: Encounter) -> list[Row]:
    orders = _in_effect(MedicationRequest.objects.filter(encounter=encounter))
    signed = _of_entries(orders)
    return [
        {
            "number": order.placer_number or order.origin_number,
            "code": order.code,
            "text": order.text,
            "ingredient": order.ingredient,
            "route": order.route,
            "dose": _number(order.dose),
            "unit": order.dose_unit,
            "times": _number(order.times_per_day),
            "ordered_at": _instant(order.authored_at),
            "status": order.status,
            **signed.get(order.pk, {}),
        }
        for order in orders
    ]


def _requests(encounter: Encounter) -> list[Row]:
    orders = _in_effect(ServiceRequest.objects.filter(encounter=encounter))
    signed = _of_entries(orders)
    return [
        {
            "number": order.placer_number or order.origin_number,
            "code": order.code,
            "text": order.text,
            "category": order.category,
            "ordered_at": _instant(order.authored_at),
            "status": order.status,
            **signed.get(order.pk, {}),
        }
        for order in orders
    ]


def _reports(encounter: Encounter) -> QuerySet[DiagnosticReport]:
    later = DiagnosticReport.objects.filter(replaces=OuterRef("pk"))
    return (
        DiagnosticReport.objects.filter(~Exists(later), encounter=encounter)
        .exclude(status__in=["entered-in-error", "cancelled"])
        .select_related("request", "author", "approved_by")
        .order_by("effective_at", "pk")
    )


def _answered(report: DiagnosticReport) -> Row:
    """Who released it: a person of ours, or as the sender names them."""
    person: User | None = report.approved_by or report.author
    return {
        "order_number": report.request.placer_number if report.request else report.placer_number,
        "number": report.shown_number,
        "issued_at": _instant(report.issued_at),
        "signer": person.titled_name if person else report.approver or report.performer,
        "signed_at": _instant(report.issued_at),
    }


def _imaging(encounter: Encounter) -> list[Row]:
    return [
        {
            "title": report.title,
            "narrative": report.narrative,
            "conclusion": report.conclusion,
            "study": report.study_instance_uid,
            "performed_at": _instant(report.performed_at),
            **_answered(report),
        }
        for report in _reports(encounter).filter(category__in=_IMAGES)
    ]


def _laboratory(encounter: Encounter) -> list[Row]:
    reports = {report.pk: report for report in _reports(encounter).exclude(category__in=_IMAGES)}
    findings = Finding.objects.filter(report__in=reports).order_by(
        "report__effective_at", "report", "position"
    )
    return [
        {
            "code": finding.code,
            "national_code": finding.national_code,
            "title": finding.title,
            "value": (finding.comparator + _number(finding.number)) or finding.text,
            "unit": finding.unit,
            "reference": finding.reference,
            "flag": finding.flag,
            "collected_at": _instant(reports[finding.report_id].collected_at),
            **_answered(reports[finding.report_id]),
        }
        for finding in findings
    ]


def _referrals(encounter: Encounter) -> list[Row]:
    if encounter.disposition not in codes.TRANSFERS:
        return []
    by = encounter.end_entered_by
    return [
        {
            "to_code": encounter.transfer_to_code,
            "to_name": encounter.transfer_to_name,
            "direction": encounter.transfer_direction,
            "reason": encounter.transfer_reason,
            "at": _instant(encounter.ended_at),
            "signer": by.titled_name if by else "",
        }
    ]


def _emergencies(encounter: Encounter) -> list[Row]:
    if encounter.arrival_class != codes.EncounterClass.EMERGENCY:
        return []
    return [
        {
            "started_at": _instant(encounter.started_at),
            "reason": encounter.reason,
            "external_cause": encounter.external_cause_code,
            "accident": encounter.accident_type,
            "place": encounter.accident_place,
            "accident_at": _instant(encounter.accident_at),
        }
    ]


def _procedures_of_kind(kind: str) -> Callable[[Encounter], list[Row]]:
    def rows(encounter: Encounter) -> list[Row]:
        found = (
            Procedure.objects.filter(encounter=encounter, kind=kind, error_at=None, replaced_by=None)
            .select_related("department", "recorder")
            .prefetch_related("performers__practitioner")
            .order_by("started_at", "pk")
        )
        return [
            {
                "text": row.text,
                "code": row.code,
                "started_at": _instant(row.started_at),
                "ended_at": _instant(row.ended_at),
                "anaesthesia": row.anaesthesia,
                "performers": "; ".join(one.practitioner.titled_name for one in row.performers.all()),
                "department": row.department.name if row.department else "",
                "signer": row.recorder.titled_name if row.recorder else "",
            }
            for row in found
        ]

    return rows


ROWS: dict[str, Callable[[Encounter], list[Row]]] = {
    "patient": _patient,
    "admission": _admission,
    "treatment": _treatment,
    "medicines": _medicines,
    "requests": _requests,
    "imaging": _imaging,
    "laboratory": _laboratory,
    "referrals": _referrals,
    "emergencies": _emergencies,
    "procedures": _procedures_of_kind(codes.ProcedureKind.PROCEDURE),
    "surgery": _procedures_of_kind(codes.ProcedureKind.SURGERY),
}
