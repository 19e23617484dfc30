"""A01, A04, A08, A03, A11, A13 onto visits and stays, through the same services as the pages."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import BED, DIAGNOSES, MOVEMENT
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.details import DeathDetails, EndDetails
from encounters.visits.models import Condition, Encounter
from integrations.his.models import Freshness
from integrations.his.reading import Adt, HisMessage
from integrations.his.services.freshness import is_news, news_of, stamp, stamp_many
from integrations.his.services.places import Place, bed_words, find_place, find_staff
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.hl7v2.segments import Dg1
from patients.registry.access import same_person_ids
from patients.registry.models import Patient

Result = TypeVar("Result")
# `DETAILS` held all kinds of diagnoses together, once; `TOLD` that anything at all was said of the stay.
LOCATION, DISCHARGE, DETAILS, TOLD = "location", "discharge", "details", "told"
# When the HIS last took a discharge, and an admission or visit, back.
REOPENED, CANCELLED = "reopened", "cancelled"
ATTENDING = "attending"

_LATE_SECONDS = 24 * 3600
# Table 0004 → our classes; R (recurring) and P (preadmit) come as outpatients do.
CLASSES = {"I": "IMP", "B": "IMP", "E": "EMER", "O": "AMB", "R": "AMB", "P": "AMB", "": ""}
# PV1-36: MA_LOAI_RV of the insurance claim, else HL7 table 0112.
_DISPOSITIONS = {
    "1": "home", "01": "home", "2": "transfer", "02": "transfer", "3": "absconded", "4": "on-request", "07": "on-request",
    "5": "transfer-on-request",
}  # fmt: skip
_DEATHS = {"20", "40", "41", "42"}


def late_reason(adt: Adt, at: datetime) -> str:
    """Why an event is entered only now, where it is late; "" else."""
    if (now() - at).total_seconds() <= _LATE_SECONDS:
        return ""
    return _("Sent late by %(sender)s") % {"sender": adt.channel.name}


def visit_number(adt: HisMessage) -> str:
    """PV1-19, else PV1-50, else the account number PID-18."""
    candidates = (adt.pv1.visit_number, adt.pv1.alternate_visit_id, adt.pid.patient_account_number)
    return next((cx.id_number[:40] for cx in candidates if cx.id_number), "")


def find_stay(adt: HisMessage, patient: Patient) -> Encounter | None:
    """The visit that the message names; without a number the patient's only open one.

    Raises CannotApply when the number is another patient's, or several visits are open and none is named.
    """
    same_person = same_person_ids(patient)
    number = visit_number(adt)
    stays = Encounter.objects.filter(facility=adt.facility).select_related("patient", "department")
    if number:
        found = stays.filter(identifier=number).first()
        if found is not None and found.patient_id not in same_person:
            raise CannotApply("number_of_another")
        return found
    running = list(stays.filter(patient__in=same_person, status=Encounter.Status.IN_PROGRESS)[:3])
    if len(running) > 1:
        raise CannotApply("no_visit_number", count=len(running))
    return running[0] if running else None


def demand_stay(adt: HisMessage, patient: Patient) -> Encounter:
    """The same, where the message makes no sense without a visit. Raises NotYet."""
    found = find_stay(adt, patient)
    if found is None:
        raise NotYet("unknown_visit")
    return found


def last_said(stay: Encounter, *groups: str) -> dict[str, datetime]:
    """{group: when the HIS last said something of it}, without those of which it never did."""
    told = Freshness.objects.filter(subject=Freshness.Subject.ENCOUNTER, subject_id=stay.pk, group__in=groups)
    return dict(told.values_list("group", "happened_at"))


def _is_told(adt: Adt, taken_back: datetime | None) -> bool:
    """Whether what the message says was followed before, or has been taken back since."""
    return taken_back is not None and adt.said_at <= taken_back


def is_cancelled(adt: Adt, stay: Encounter) -> bool:
    """Whether the HIS has cancelled the admission, or the visit, since the message was said."""
    return _is_told(adt, last_said(stay, CANCELLED).get(CANCELLED))


def admit_or_visit(adt: Adt, patient: Patient) -> bool:
    """A01, A04: open the visit or the stay, unless it is there; True when anything changed."""
    if adt.keeps_here(MOVEMENT):
        adt.left_alone(MOVEMENT, "PV1")
        stay = find_stay(adt, patient)
        return stay is not None and stay.is_open and keep_details(adt, stay)
    wanted = CLASSES.get(adt.pv1.patient_class, "") or ("IMP" if adt.event == "A01" else "AMB")
    stay = find_stay(adt, patient)
    is_to_admit = stay is not None and stay.is_open and wanted == "IMP" and not stay.is_inpatient
    if stay is not None and is_to_admit and is_cancelled(adt, stay):
        adt.remark("partly_older", groups="PV1")
        return False
    if stay is None or is_to_admit:
        if stay is None and _is_old_news_without_number(adt, patient, wanted):
            return False
        stay = _open(adt, patient, stay, wanted)
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, _began_at(adt), adt.message)
        stamp_attending(adt, stay)
        keep_details(adt, stay)
        return True
    if not stay.is_open:
        if stay.status == Encounter.Status.ENTERED_IN_ERROR and not is_cancelled(adt, stay):
            raise CannotApply("stay_cancelled")
        adt.remark("partly_older", groups="PV1")
        return False
    return keep_details(adt, stay)


def _is_old_news_without_number(adt: Adt, patient: Patient, wanted: str) -> bool:
    """A repeated arrival without a visit number, at the very instant of one that is there."""
    if visit_number(adt):
        return False
    at = _began_at(adt).replace(microsecond=0)
    return Encounter.objects.filter(
        patient__in=same_person_ids(patient), arrival_class=wanted, started_at=at
    ).exists()


def _began_at(adt: Adt) -> datetime:
    return adt.pv1.admit_date_time.at if adt.pv1.admit_date_time else adt.happened_at


def _open(adt: Adt, patient: Patient, visit: Encounter | None, wanted: str) -> Encounter:
    place = allowed_place(adt, find_place(adt, adt.pv1.assigned_patient_location))
    if place.department is None and not place.department_as_sent:
        raise CannotApply("no_place")
    at = _began_at(adt)
    if visit is not None:
        # Seconds are often cut off by one sender and kept by another.
        at = max(at, visit.started_at) if (visit.started_at - at).total_seconds() < 60 else at
    attending = newer_attending(adt, visit)
    number = "" if visit else visit_number(adt)
    key = None if number or visit else _key(adt, patient)

    def arrive(where: Place) -> Encounter:
        shared = {
            "patient": patient,
            "department": where.department,
            "bed": where.bed,
            "department_as_sent": where.department_as_sent,
            "location_as_sent": where.location_as_sent,
            "by": adt.account,
            "at": at,
            "identifier": number,
            "attending": attending,
            "late_reason": late_reason(adt, at),
            "request_key": key,
            "reason": adt.parsed.first("PV2")[3].text(2)[:500] or adt.parsed.first("PV2")[3].text(1)[:500],
        }
        if wanted == "IMP":
            return visits.admit(visit=visit, **shared)  # type: ignore[arg-type]  # a dict of these very arguments
        return visits.start_visit(encounter_class=wanted, **shared)  # type: ignore[arg-type]  # likewise

    return with_or_without_bed(adt, place, arrive)


def newer_attending(adt: Adt, stay: Encounter | None) -> User | None:
    """PV1-7, unless newer news of who attends is there."""
    is_old = stay is not None and not is_news(
        Freshness.Subject.ENCOUNTER, stay.pk, ATTENDING, adt.happened_at
    )
    return None if is_old else find_staff(adt, adt.pv1.attending_doctor)


def stamp_attending(adt: Adt, stay: Encounter) -> None:
    """Remember when the HIS last said who attends; a message that doesn't say it is no news of it."""
    if adt.pv1.attending_doctor.id_number:
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, ATTENDING, adt.happened_at, adt.message)


def allowed_place(adt: Adt, place: Place) -> Place:
    """The same without a bed, where beds are given here."""
    if place.bed is None or not adt.keeps_here(BED):
        return place
    adt.left_alone(BED, "PV1-3")
    return place.without_bed("")


def _key(adt: Adt, patient: Patient) -> uuid.UUID:
    """A message without a visit number, applied again, finds the visit that it made."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"hl7:{adt.message.uuid}:{patient.pk}")


def with_or_without_bed(adt: Adt, place: Place, act: Callable[[Place], Result]) -> Result:
    """A taken or closed bed doesn't stop an admission or a transfer: the patient is there, the bed stays open."""
    try:
        with transaction.atomic():
            return act(place)
    except DomainError as refusal:
        if place.bed is None or refusal.code not in {"bed_taken", "bed_out_of_use", "bed_elsewhere"}:
            raise
        words = bed_words(adt.pv1.assigned_patient_location)
        adt.remark("bed_taken", sent=words)
        return act(place.without_bed(words))


def keep_details(adt: Adt, stay: Encounter) -> bool:
    """DG1 onto the stay, each kind (DG1-6) unless newer news of that kind is there; a message without DG1 says nothing."""
    told = {_kind(dg1) for dg1 in adt.diagnoses()}
    if not told:
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, TOLD, adt.described_at, adt.message)
        return False
    fresh = news_of(Freshness.Subject.ENCOUNTER, stay.pk, told, adt.described_at, former=DETAILS)
    if told - fresh:
        adt.remark("partly_older", groups="DG1")
        if not fresh:
            return False
    if adt.keeps_here(DIAGNOSES):
        if _differs(adt, stay):
            adt.left_alone(DIAGNOSES, "DG1")
        return False
    for number, diagnosis in enumerate(adt.diagnoses()):
        if _kind(diagnosis) in fresh:
            _keep_diagnosis(adt, stay, diagnosis, is_first=number == 0)
    stamp_many(Freshness.Subject.ENCOUNTER, stay.pk, {TOLD, *fresh}, adt.described_at, adt.message)
    return True


def _kind(dg1: Dg1) -> str:
    """What freshness is kept of: admission, final and working diagnoses are told apart from each other."""
    return f"DG1-{dg1.diagnosis_type[:1] if dg1.diagnosis_type in {'A', 'F'} else 'W'}"


def _differs(adt: Adt, stay: Encounter) -> bool:
    """Whether the message names a diagnosis that the stay hasn't."""
    held = set(
        Condition.objects.filter(encounter=stay, status=Condition.Status.CONFIRMED).values_list(
            "code", flat=True
        )
    )
    return any(dg1.diagnosis_code.identifier not in held for dg1 in adt.diagnoses())


def _keep_diagnosis(adt: Adt, stay: Encounter, dg1: Dg1, *, is_first: bool) -> None:
    code, text = dg1.diagnosis_code.identifier, dg1.diagnosis_code.text or dg1.diagnosis_description
    if not code and not text:
        return
    is_main = dg1.diagnosis_priority == "1" or (not dg1.diagnosis_priority and is_first)
    role = {
        "A": codes.DiagnosisRole.ADMISSION,
        "F": codes.DiagnosisRole.DISCHARGE_MAIN if is_main else codes.DiagnosisRole.DISCHARGE_SECONDARY,
    }.get(dg1.diagnosis_type, codes.DiagnosisRole.WORKING)
    at = dg1.diagnosis_date_time
    said_at = at.at if at is not None and at.precision in {"hour", "minute", "second"} else adt.happened_at
    # What the HIS said before in a role that it says once is replaced; what a doctor wrote here is not.
    former = Condition.objects.filter(
        encounter=stay, role=role, recorder=adt.account, status=Condition.Status.CONFIRMED
    ).exclude(code=code).first() if role == codes.DiagnosisRole.ADMISSION else None  # fmt: skip
    told = {
        "encounter": stay,
        "role": role,
        "by": adt.account,
        "at": said_at,
        "late_reason": late_reason(adt, said_at),
        "replaces": former,
        "reason": _("Corrected by %(sender)s") % {"sender": adt.channel.name} if former else "",
    }
    try:
        with transaction.atomic():
            visits.record_diagnosis(code=code, text=text, **told)  # type: ignore[arg-type]  # these very arguments
    except DomainError as refusal:
        adt.remark("diagnosis_not_kept", sent=code, text=str(refusal))
        if refusal.code == "code_refused":  # not in our catalogue, or not allowed there: the words are kept
            visits.record_diagnosis(code="", text=f"{text} ({code})".strip(), **told)  # type: ignore[arg-type]  # likewise


def end_stay(adt: Adt, patient: Patient) -> bool:
    """A03: the patient left."""
    stay = demand_stay(adt, patient)
    ended_at = adt.pv1.discharge_date_time.at if adt.pv1.discharge_date_time else adt.happened_at
    told = last_said(stay, DISCHARGE, REOPENED)
    if adt.said_at < told.get(DISCHARGE, adt.said_at) or _is_told(adt, told.get(REOPENED)):
        return False
    if stay.status == Encounter.Status.FINISHED and not _open_for_newer_end(adt, stay, ended_at):
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, DISCHARGE, adt.said_at, adt.message)
        adt.remark("left_out", text=_("The patient was discharged already."))
        return False
    keep_details(adt, stay)
    outcome, disposition, death = _ending(adt, ended_at)
    details = EndDetails()
    if disposition in codes.TRANSFERS:
        details["transfer_to_name"] = adt.pv1.discharged_to_location or _("Not named by the sender")
    visits.discharge(
        encounter=stay,
        by=adt.account,
        outcome=outcome,
        disposition=disposition,
        at=ended_at,
        death=death,
        late_reason=late_reason(adt, ended_at),
        **details,
    )
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, DISCHARGE, adt.said_at, adt.message)
    return True


def _open_for_newer_end(adt: Adt, stay: Encounter, ended_at: datetime) -> bool:
    """Whether the stay runs again, so that a newer discharge can take the place of the HIS's former one.

    What somebody here told of the end stands: the outcome, a certified death, a closed record.
    """
    is_theirs = stay.end_entered_by_id == adt.account.pk and stay.outcome == codes.Outcome.UNDETERMINED
    if not is_theirs or stay.ended_at == ended_at.replace(microsecond=0):
        return False
    reason = _("Corrected by %(sender)s") % {"sender": adt.channel.name}
    try:
        with transaction.atomic():
            visits.cancel_discharge(encounter=stay, by=adt.account, reason=reason)
    except DomainError:
        return False
    stay.refresh_from_db()
    return True


def _ending(adt: Adt, ended_at: datetime) -> tuple[str, str, DeathDetails | None]:
    """(outcome, disposition, death) of PV1-36 and PID-29/30; what isn't said is "not yet known", for a doctor to tell."""
    sent = adt.pv1.discharge_disposition
    if sent in _DEATHS or adt.pid.patient_death_indicator == "Y":
        died = adt.pid.patient_death_date_and_time
        died_at = getattr(died, "at", None) or ended_at
        return codes.Outcome.DIED, codes.Disposition.HOME, DeathDetails(died_at=min(died_at, ended_at))
    disposition = _DISPOSITIONS.get(sent, codes.Disposition.HOME)
    if sent and sent not in _DISPOSITIONS:
        adt.remark("left_out", text=f"PV1-36 ({sent[:20]})")
    return codes.Outcome.UNDETERMINED, disposition, None


def cancel_stay(adt: Adt, patient: Patient) -> bool:
    """A11: the admission, or the visit, should not have been."""
    stay = demand_stay(adt, patient)
    reason = _("Cancelled by %(sender)s") % {"sender": adt.channel.name}
    if stay.status == Encounter.Status.ENTERED_IN_ERROR or is_cancelled(adt, stay):
        return False
    if stay.status == Encounter.Status.FINISHED:
        raise NotYet("ended_already")  # the discharge has to be taken back first
    if CLASSES.get(adt.pv1.patient_class) == "IMP" and not stay.is_inpatient:
        raise NotYet("unknown_admission")  # the visit was no admission yet
    try:
        with transaction.atomic():
            if stay.is_inpatient:
                visits.cancel_admission(encounter=stay, by=adt.account, reason=reason)
            else:
                visits.cancel_visit(encounter=stay, by=adt.account, reason=reason)
    except DomainError as refusal:
        if refusal.code == "has_clinical_data":
            raise CannotApply("visit_has_records") from refusal
        raise
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, CANCELLED, adt.said_at, adt.message)
    return True


def reopen_stay(adt: Adt, patient: Patient) -> bool:
    """A13: the patient is still here."""
    stay = demand_stay(adt, patient)
    told = last_said(stay, DISCHARGE, REOPENED)
    ended, reopened = told.get(DISCHARGE), told.get(REOPENED)
    if adt.said_at < (ended or adt.said_at) or _is_told(adt, reopened):
        return False
    if stay.is_open:
        if ended is None or (reopened is not None and reopened >= ended):
            raise NotYet("unknown_discharge")  # the discharge that this takes back hasn't come
        return False  # somebody here took it back
    reason = _("Discharge cancelled by %(sender)s") % {"sender": adt.channel.name}
    try:
        with transaction.atomic():
            visits.cancel_discharge(encounter=stay, by=adt.account, reason=reason)
    except DomainError as refusal:
        if refusal.code != "bed_taken":
            raise
        adt.remark("bed_taken", sent=bed_words(adt.pv1.assigned_patient_location))
        visits.cancel_discharge(encounter=stay, by=adt.account, reason=reason, keep_bed=False)
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, REOPENED, adt.said_at, adt.message)
    return True
