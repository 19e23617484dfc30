"""Diagnoses and procedures: written, corrected by a new row, entered in error; never changed."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import Line, record, record_many
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import DIAGNOSES, demand_ours, may_be_kept
from emr.terminology.selectors import Codes
from encounters.visits import codes
from encounters.visits.coding import ICD9CM, ICD10, checked, tidied
from encounters.visits.models import Condition, Encounter, Procedure, ProcedurePerformer
from encounters.visits.services import _rules
from encounters.visits.services._writes import tell, tell_many

# What the ministry's flags are asked about, by role.
_USES = {
    codes.DiagnosisRole.DISCHARGE_MAIN: "main_diagnosis",
    codes.DiagnosisRole.DISCHARGE_SECONDARY: "secondary_diagnosis",
    codes.DiagnosisRole.COMPLICATION: "secondary_diagnosis",
    codes.DiagnosisRole.ADMISSION: "admission_diagnosis",
    codes.DiagnosisRole.DEPARTMENT: "admission_diagnosis",
    codes.DiagnosisRole.CAUSE_OF_DEATH: "cause_of_death",
    codes.DiagnosisRole.AUTOPSY: "cause_of_death",
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is told of a disease of one stay; `at` to the second."""

    encounter: Encounter
    role: str
    at: dt.datetime
    code: str = ""
    text: str = ""
    late_reason: str = ""


@transaction.atomic
def record_diagnosis(
    *,
    encounter: Encounter,
    role: str,
    by: User | None,
    code: str = "",
    text: str = "",
    rank: int | None = None,
    at: dt.datetime | None = None,
    late_reason: str = "",
    replaces: Condition | None = None,
    reason: str = "",
) -> Condition:
    """Write a diagnosis: ICD-10 code, own words, or both (without words the catalogue's title is kept).

    The same one again answers the one that is there. In a role that a stay has once (main disease at discharge …) the
    new one replaces the former, as `replaces` does elsewhere; the former is kept as entered in error, with `reason`.
    """
    stay = _rules.locked(encounter)
    told = Diagnosis(
        encounter=stay, role=role, code=code, text=text, at=_rules.instant(at), late_reason=late_reason
    )
    code, text = _checked_diagnosis(stay, told)
    present = stay.conditions.filter(role=role, status=Condition.Status.CONFIRMED)
    if replaces is None and role in codes.SINGLE_ROLES:
        replaces = present.first()
    same = present.filter(code=code, text=text).first()
    if same is not None and replaces in (None, same):
        return same
    demand_ours(stay.facility_id, DIAGNOSES, stay)
    if replaces is not None:
        _replace(stay, replaces, by, reason)
        rank = rank or replaces.rank
    rank = rank or (present.aggregate(last=Max("rank"))["last"] or 0) + 1
    condition = _condition(stay, told, code, text, by=by, rank=rank, replaces=replaces)
    _write_conditions([condition], by)
    return condition


def _checked_diagnosis(stay: Encounter, told: Diagnosis, known: Codes | None = None) -> tuple[str, str]:
    """(code, text) as they are stored. Raises DomainError."""
    _demand_writable(stay)
    _rules.check_event(told.at, patient=stay.patient)
    _rules.check_late(told.at, facility_id=stay.facility_id, reason=told.late_reason)
    use = _USES.get(codes.DiagnosisRole(told.role), "")
    code, text = checked(ICD10, told.code, told.text, use=use, sex=stay.patient.sex, at=told.at, known=known)
    if not text:
        raise DomainError(_("Enter a code or the diagnosis in words."), code="empty", field="text")
    return code, text


def _condition(
    stay: Encounter,
    told: Diagnosis,
    code: str,
    text: str,
    *,
    by: User | None,
    rank: int,
    replaces: Condition | None = None,
) -> Condition:
    return Condition(
        facility_id=stay.facility_id,
        encounter=stay,
        patient_id=stay.patient_id,
        department_id=stay.department_id,
        role=told.role,
        rank=rank,
        code=code,
        text=text[:500],
        asserted_at=told.at,
        entered_at=now(),
        late_reason=told.late_reason.strip(),
        recorder=by,
        replaces=replaces,
    )


def _write_conditions(conditions: Sequence[Condition], by: User | None) -> None:
    Condition.objects.bulk_create(conditions)
    record_many(
        [
            Line(action="condition.record", of=row, detail={"role": row.role, "code": row.code})
            for row in conditions
        ],
        by=by,
    )
    tell_many("condition.recorded", [(row.encounter, {"condition_id": row.pk}) for row in conditions])


@transaction.atomic
def record_first_diagnoses(*, told: Sequence[Diagnosis], by: User | None) -> list[Condition | DomainError]:
    """`record_diagnosis` for many stays, one each; a stay that has one already gets it by that very service.

    Answers for each what was written, or why it wasn't; what is refused keeps no other from being written. A handful
    of statements for stays without a diagnosis, however many there are.
    """
    stays = _rules.locked_stays([one.encounter for one in told])
    if len(stays) != len(told):
        raise ValueError("one diagnosis a stay")
    present = Condition.objects.filter(encounter__in=list(stays))
    diagnosed = set(present.values_list("encounter_id", flat=True))
    known = Codes(ICD10, {tidied(one.code) for one in told if one.code})
    must_ask = bool(told) and may_be_kept(told[0].encounter.facility_id, DIAGNOSES)
    found: list[Condition | DomainError] = []
    fresh: list[Condition] = []
    for one in told:
        stay = stays[one.encounter.pk]
        try:
            if stay.pk in diagnosed:
                with transaction.atomic():
                    found.append(_one_by_one(one, by))
                continue
            code, text = _checked_diagnosis(stay, one, known)
            if must_ask:
                demand_ours(stay.facility_id, DIAGNOSES, stay)
        except DomainError as refusal:
            found.append(refusal)
            continue
        fresh.append(_condition(stay, one, code, text, by=by, rank=1))
        found.append(fresh[-1])
    _write_conditions(fresh, by)
    return found


def _one_by_one(one: Diagnosis, by: User | None) -> Condition:
    return record_diagnosis(
        encounter=one.encounter,
        role=one.role,
        by=by,
        code=one.code,
        text=one.text,
        at=one.at,
        late_reason=one.late_reason,
    )


@transaction.atomic
def void_diagnosis(*, condition: Condition, by: User | None, reason: str) -> Condition:
    """Enter a diagnosis in error; it stays readable. Done already: nothing happens."""
    stay = _rules.locked(condition.encounter)
    _demand_writable(stay)
    row = Condition.objects.select_for_update(of=("self",)).get(pk=condition.pk)
    if row.status == Condition.Status.ENTERED_IN_ERROR:
        return row
    _rules.demand_reason(reason)
    demand_ours(stay.facility_id, DIAGNOSES, stay)
    _void(row, by, reason)
    record("condition.void", by=by, of=row, detail={"reason": reason[:200]})
    tell("condition.voided", stay, condition_id=row.pk)
    return row


@transaction.atomic
def record_procedure(
    *,
    encounter: Encounter,
    kind: str,
    by: User | None,
    started_at: dt.datetime,
    code: str = "",
    text: str = "",
    ended_at: dt.datetime | None = None,
    anaesthesia: str = "",
    performers: Iterable[tuple[str, User]] = (),
    note: str = "",
    late_reason: str = "",
    replaces: Procedure | None = None,
    reason: str = "",
) -> Procedure:
    """Write an operation or procedure that was done: ICD-9-CM code or words, when, by whom ([(role, person), …]).

    The same one at the same time again answers the one that is there.
    """
    stay = _rules.locked(encounter)
    _demand_writable(stay)
    started_at = _rules.instant(started_at)
    _rules.check_event(started_at, patient=stay.patient, field="started_at", not_before=stay.started_at)
    if ended_at is not None:
        why = _("The procedure ended before it began.")
        _rules.check_event(ended_at, patient=stay.patient, field="ended_at", not_before=started_at, why=why)
    _rules.check_late(ended_at or started_at, facility_id=stay.facility_id, reason=late_reason)
    code, text = checked(ICD9CM, code, text, use="procedure", sex=stay.patient.sex, at=started_at)
    if not text:
        raise DomainError(_("Enter a code or the procedure in words."), code="empty", field="text")
    present = stay.procedures.filter(status=Procedure.Status.COMPLETED, started_at=started_at)
    same = present.filter(code=code, text=text, kind=kind).first()
    if same is not None and replaces is None:
        return same
    if replaces is not None:
        _replace(stay, replaces, by, reason)
    procedure = Procedure.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        patient_id=stay.patient_id,
        department_id=stay.department_id,
        kind=codes.ProcedureKind(kind),
        code=code,
        text=text[:500],
        started_at=started_at,
        ended_at=ended_at,
        anaesthesia=anaesthesia,
        note=note.strip(),
        entered_at=now(),
        late_reason=late_reason.strip(),
        recorder=by,
        replaces=replaces,
    )
    ProcedurePerformer.objects.bulk_create(
        ProcedurePerformer(
            facility_id=stay.facility_id,
            procedure=procedure,
            practitioner=who,
            role=codes.PerformerRole(role),
        )
        for role, who in performers
    )
    record("procedure.record", by=by, of=procedure, detail={"kind": kind, "code": code})
    tell("procedure.recorded", stay, procedure_id=procedure.pk)
    return procedure


@transaction.atomic
def void_procedure(*, procedure: Procedure, by: User | None, reason: str) -> Procedure:
    """Enter a procedure in error; it stays readable. Done already: nothing happens."""
    stay = _rules.locked(procedure.encounter)
    _demand_writable(stay)
    row = Procedure.objects.select_for_update(of=("self",)).get(pk=procedure.pk)
    if row.status == Procedure.Status.ENTERED_IN_ERROR:
        return row
    _rules.demand_reason(reason)
    _void(row, by, reason)
    record("procedure.void", by=by, of=row, detail={"reason": reason[:200]})
    tell("procedure.voided", stay, procedure_id=row.pk)
    return row


def _demand_writable(stay: Encounter) -> None:
    if stay.status == Encounter.Status.ENTERED_IN_ERROR:
        raise DomainError(_("This stay was entered in error."), code="entered_in_error")
    if stay.is_archived:
        raise DomainError(_("The record of this stay is archived."), code="archived")
    if stay.is_record_closed:
        raise DomainError(_("The record of this stay has been closed."), code="record_closed")


def _replace(stay: Encounter, former: Condition | Procedure, by: User | None, reason: str) -> None:
    if former.encounter_id != stay.pk:
        raise DomainError(_("This belongs to another stay."), code="other_encounter")
    _void(former, by, reason.strip() or _("Replaced by a later entry."))


def _void(row: Condition | Procedure, by: User | None, reason: str) -> None:
    row.status = row.Status.ENTERED_IN_ERROR
    row.error_at, row.error_by, row.error_reason = now(), by, reason.strip()[:300]
    row.save(update_fields=["status", "error_at", "error_by", "error_reason"])
