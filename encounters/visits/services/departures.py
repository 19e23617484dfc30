"""Patients leave, in whatever way; and come back into the list when that was a mistake."""

import datetime as dt
from typing import Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import MOVEMENT, demand_ours
from encounters.visits import codes
from encounters.visits.coding import ICD10, checked
from encounters.visits.details import Cause, DeathDetails, EndDetails
from encounters.visits.models import CauseOfDeath, Death, Encounter, EncounterLocation
from encounters.visits.services import _care, _rules
from encounters.visits.services._writes import save, take_part, tell
from encounters.visits.services.moves import reopen
from patients.registry import services as registry

_END_FIELDS = ("pathology", "transfer_direction", "transfer_to_name", "transfer_to_code", "transfer_reason")


@transaction.atomic
def discharge(
    *,
    encounter: Encounter,
    by: User | None,
    outcome: str,
    disposition: str,
    at: dt.datetime | None = None,
    death: DeathDetails | None = None,
    late_reason: str = "",
    expected_version: int | None = None,
    **details: Unpack[EndDetails],
) -> Encounter:
    """End a visit or a stay with its outcome (R-66) and the way the patient left.

    A death is told with its time and, as far as known, its chain of causes; the patient is then deceased. Visits may end
    without an outcome. Ended already in the same way: nothing happens. Publishes `encounter.discharged`.
    """
    stay = _rules.locked(encounter)
    if stay.status == Encounter.Status.FINISHED:
        if (stay.outcome, stay.disposition) == (outcome, disposition) and at in (None, stay.ended_at):
            return stay
        raise DomainError(_("The patient was discharged already."), code="already_discharged")
    _rules.demand_open(stay)
    _rules.check_version(stay, expected_version)
    demand_ours(stay.facility_id, MOVEMENT, stay)
    ended_at = _rules.instant(at)
    place = _rules.present_place(stay)
    latest = place.starts_at if place else stay.begins_at
    why = _("The patient came to the present place later than that.")
    _rules.check_event(ended_at, patient=stay.patient, not_before=latest, why=why)
    _rules.check_late(ended_at, facility_id=stay.facility_id, reason=late_reason)
    ends = _check_end(stay, outcome, disposition, EndDetails(**details))
    _check_death(stay, outcome, ended_at, death)
    if place is not None and place.ends_at is None:
        place.ends_at = ended_at
        place.save(update_fields=["ends_at"])
    stay.participants.filter(ends_at=None, starts_at__lte=ended_at).update(ends_at=ended_at)
    _care.sync_team(stay)
    take_part(stay, by, codes.ParticipantRole.DISCHARGER, ended_at, until=ended_at)
    stay.status, stay.ended_at, stay.outcome, stay.disposition = (
        Encounter.Status.FINISHED,
        ended_at,
        outcome,
        disposition,
    )
    stay.end_entered_at, stay.end_entered_by, stay.end_late_reason = now(), by, late_reason.strip()
    for name in _END_FIELDS:
        setattr(stay, name, str(ends.get(name, "")).strip())
    with _rules.database_refusals():
        save(stay, *_CHANGED)
    if death is not None:
        _tell_death(stay, death, by)
    _care.close_all_care(stay)
    record("encounter.discharge", by=by, of=stay, detail={"outcome": outcome, "disposition": disposition})
    tell("encounter.discharged", stay)
    return stay


_CHANGED = (
    "status",
    "ended_at",
    "outcome",
    "disposition",
    "end_entered_at",
    "end_entered_by",
    "end_late_reason",
    *_END_FIELDS,
)


def _check_end(stay: Encounter, outcome: str, disposition: str, ends: EndDetails) -> EndDetails:
    if outcome not in codes.Outcome.values and (outcome or stay.is_inpatient):
        raise DomainError(_("Choose the result of the treatment."), code="no_outcome", field="outcome")
    if disposition not in codes.Disposition.values and (disposition or stay.is_inpatient):
        raise DomainError(_("Choose how the patient left."), code="no_disposition", field="disposition")
    moves_on = disposition in codes.TRANSFERS
    if moves_on and outcome in codes.DEATHS:
        raise DomainError(
            _("A patient who died is not transferred."), code="contradiction", field="disposition"
        )
    if moves_on and not ends.get("transfer_to_name", "").strip():
        raise DomainError(
            _("Name the hospital that receives the patient."),
            code="no_destination",
            field="transfer_to_name",
        )
    if not moves_on:
        return EndDetails(pathology=ends.get("pathology", ""))
    return ends


def _check_death(stay: Encounter, outcome: str, ended_at: dt.datetime, death: DeathDetails | None) -> None:
    if outcome not in codes.DEATHS:
        if death is not None:
            raise DomainError(_("The result does not say that the patient died."), code="contradiction")
        return
    if death is None:
        raise DomainError(_("Enter the time of death."), code="no_death", field="died_at")
    field = "died_at"
    if outcome == codes.Outcome.DIED_BEFORE_ARRIVAL:
        _rules.check_event(death.died_at, patient=stay.patient, field=field)
        if death.died_at > stay.started_at:
            raise DomainError(
                _("Who died before arrival died before the visit began."), code="too_late", field=field
            )
        return
    why = _("Who died in hospital died after arriving.")
    _rules.check_event(death.died_at, patient=stay.patient, field=field, not_before=stay.started_at, why=why)
    if death.died_at > ended_at:
        raise DomainError(_("The death lies after the end of the stay."), code="too_late", field=field)


def _tell_death(stay: Encounter, death: DeathDetails, by: User | None) -> None:
    row = Death.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        died_at=death.died_at,
        cause_kind=death.cause_kind,
        autopsy=death.autopsy,
        entered_at=now(),
        entered_by=by,
    )
    ranks: dict[str, int] = {}
    for cause in death.causes:
        ranks[cause.line] = ranks.get(cause.line, 0) + 1
        CauseOfDeath.objects.create(
            facility_id=stay.facility_id,
            death=row,
            line=cause.line,
            rank=ranks[cause.line],
            interval=cause.interval,
            interval_unit=cause.interval_unit,
            **_coded(cause, stay, death.died_at),
        )
    registry.update_patient(patient=stay.patient, by=by, version=None, deceased_at=death.died_at)


def _coded(cause: Cause, stay: Encounter, at: dt.datetime) -> dict[str, str]:
    code, text = checked(
        ICD10,
        cause.code,
        cause.text,
        use="cause_of_death",
        sex=stay.patient.sex,
        at=at,
        field=f"cause_{cause.line}",
    )
    return {"code": code, "text": text}


@transaction.atomic
def cancel_discharge(
    *,
    encounter: Encounter,
    by: User | None,
    reason: str,
    keep_bed: bool = True,
    expected_version: int | None = None,
) -> Encounter:
    """Take a discharge back: the stay runs on where it was, a death told with it is void.

    Refuses when the bed was given away (`bed_taken`; `keep_bed=False` returns without it), when the patient has another stay
    since, or when the record is archived. Running already: nothing happens.
    """
    _rules.locked_patient(encounter.patient)
    stay = _rules.locked(encounter)
    if stay.is_open:
        return stay
    if stay.status != Encounter.Status.FINISHED:
        raise DomainError(_("This stay was not discharged."), code="not_finished")
    if stay.archive_number:
        raise DomainError(_("The record of this stay is archived."), code="archived")
    if stay.record_state != codes.RecordState.OPEN:
        raise DomainError(_("The record of this stay has been closed."), code="record_closed")
    _rules.check_version(stay, expected_version)
    _rules.demand_reason(reason)
    demand_ours(stay.facility_id, MOVEMENT, stay)
    ended_at = stay.ended_at
    stay.status, stay.ended_at, stay.outcome, stay.disposition = Encounter.Status.IN_PROGRESS, None, "", ""
    stay.end_entered_at, stay.end_entered_by, stay.end_late_reason = None, None, ""
    for name in _END_FIELDS:
        setattr(stay, name, "")
    with _rules.database_refusals():
        save(stay, *_CHANGED)
    _unend(stay, ended_at, by=by, keep_bed=keep_bed)
    record("encounter.cancel_discharge", by=by, of=stay, detail={"reason": reason[:200]})
    tell("encounter.discharge_cancelled", stay)
    return stay


def _unend(stay: Encounter, ended_at: dt.datetime | None, *, by: User | None, keep_bed: bool) -> None:
    place = _rules.present_place(stay)
    if place is not None:
        place = reopen(_with_stay(place, stay), by=by, keep_bed=keep_bed)
        _care.open_care(stay, place.department, place.starts_at)
    attending = stay.participants.filter(role=codes.ParticipantRole.ATTENDING, ends_at=ended_at)
    if (last := attending.order_by("-starts_at", "-id").first()) is not None:
        last.ends_at = None
        last.save(update_fields=["ends_at"])
        _care.sync_team(stay)
    if (death := stay.deaths.filter(voided_at=None).first()) is not None:
        death.voided_at = now()
        death.save(update_fields=["voided_at"])
        registry.update_patient(patient=stay.patient, by=by, version=None, deceased_at=None)


def _with_stay(place: EncounterLocation, stay: Encounter) -> EncounterLocation:
    place.encounter = stay
    return place
