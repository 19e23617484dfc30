"""A02 and A12: transfers, also when they come after later ones."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from emr.common.masters import BED
from encounters.visits import services as visits
from encounters.visits.details import DeathDetails, EndDetails
from encounters.visits.models import Encounter, EncounterLocation
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import is_news, stamp
from integrations.his.services.places import Place, find_place, find_staff
from integrations.his.services.stays import (
    LOCATION,
    allowed_place,
    demand_stay,
    late_reason,
    with_or_without_bed,
)
from integrations.hl7v2.outcomes import CannotApply, NotYet
from patients.registry.models import Patient


@dataclass(frozen=True, slots=True)
class _End:
    """A discharge, as it has to be told again."""

    at: datetime
    outcome: str
    disposition: str
    death: DeathDetails | None
    details: EndDetails


def transfer(adt: Adt, patient: Patient) -> bool:
    """A02: the patient moved. A move that comes after later ones is put in its place between them (F-17)."""
    stay = demand_stay(adt, patient)
    found = find_place(adt, adt.pv1.assigned_patient_location)
    place = allowed_place(adt, found)
    if place.department is None and not place.department_as_sent:
        raise CannotApply("no_place")
    if adt.keeps_here(BED) and place.department is not None and place.department == stay.department:
        return False  # within the department beds are given here
    at = adt.happened_at.replace(microsecond=0)
    if stay.status == Encounter.Status.ENTERED_IN_ERROR or at < stay.begins_at:
        raise CannotApply("refused", text=_("This time lies before the start of the stay."))
    if _was_there(stay, place, at):
        return False
    end = _take_back_end(adt, stay, at)
    later = _take_back_moves(adt, stay, at)
    attending = find_staff(adt, adt.pv1.attending_doctor)
    with_or_without_bed(adt, place, lambda where: _move(adt, stay, where, at, attending=attending))
    for former in reversed(later):
        _move(
            adt,
            stay,
            Place(former.department, former.location, former.department_as_sent, former.location_as_sent),
            former.starts_at,
        )
    if end is not None:
        _tell_end_again(adt, stay, end)
    if is_news(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, at):
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, at, adt.message)
    return True


def _places(stay: Encounter) -> list[EncounterLocation]:
    """Where the patient has been, latest first."""
    rows = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None)
    return list(rows.select_related("department", "location").order_by("-starts_at", "-id"))


def _was_there(stay: Encounter, place: Place, at: datetime) -> bool:
    """The very move is recorded already."""
    return any(
        row.starts_at == at
        and (row.department, row.department_as_sent) == (place.department, place.department_as_sent)
        for row in _places(stay)
    )


def _move(
    adt: Adt, stay: Encounter, where: Place, at: datetime, *, attending: object = None
) -> EncounterLocation:
    return visits.transfer(
        encounter=stay,
        department=where.department,
        bed=where.bed,
        department_as_sent=where.department_as_sent,
        location_as_sent=where.location_as_sent,
        by=adt.account,
        at=at,
        attending=attending,  # type: ignore[arg-type]  # a User or None
        late_reason=late_reason(adt, at),
    )


def _take_back_moves(adt: Adt, stay: Encounter, at: datetime) -> list[EncounterLocation]:
    """Take back the moves that happened after `at`, latest first, to be told again behind the one that came late."""
    taken: list[EncounterLocation] = []
    reason = _("An earlier move came late from %(sender)s") % {"sender": adt.channel.name}
    for row in _places(stay):
        if row.starts_at <= at:
            break
        visits.cancel_transfer(encounter=stay, by=adt.account, reason=reason, place=row)
        taken.append(row)
    return taken


def _take_back_end(adt: Adt, stay: Encounter, at: datetime) -> _End | None:
    """Open a stay whose discharge came before an earlier move."""
    if stay.is_open:
        return None
    if stay.ended_at is None or stay.ended_at < at:
        raise CannotApply("refused", text=_("The patient was discharged before this time."))
    told = stay.deaths.filter(voided_at=None).first()
    death = (
        DeathDetails(died_at=told.died_at, cause_kind=told.cause_kind, autopsy=told.autopsy) if told else None
    )
    if told is not None and told.causes.exists():
        raise CannotApply(
            "refused", text=_("The death has been certified; a doctor has to enter the earlier move.")
        )
    end = _End(
        stay.ended_at,
        stay.outcome,
        stay.disposition,
        death,
        EndDetails(
            pathology=stay.pathology,
            transfer_direction=stay.transfer_direction,
            transfer_to_name=stay.transfer_to_name,
            transfer_to_code=stay.transfer_to_code,
            transfer_reason=stay.transfer_reason,
        ),
    )
    reason = _("An earlier move came late from %(sender)s") % {"sender": adt.channel.name}
    visits.cancel_discharge(encounter=stay, by=adt.account, reason=reason)
    stay.refresh_from_db()
    return end


def _tell_end_again(adt: Adt, stay: Encounter, end: _End) -> None:
    visits.discharge(
        encounter=stay,
        by=adt.account,
        outcome=end.outcome,
        disposition=end.disposition,
        at=end.at,
        death=end.death,
        late_reason=late_reason(adt, end.at),
        **end.details,
    )


def cancel_transfer(adt: Adt, patient: Patient) -> bool:
    """A12: the last move should not have been."""
    stay = demand_stay(adt, patient)
    if not is_news(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, adt.happened_at):
        return False
    if len(_places(stay)) < 2:
        raise NotYet("unknown_visit")  # the move that this takes back hasn't come
    reason = _("Move cancelled by %(sender)s") % {"sender": adt.channel.name}
    with_or_without_bed(
        adt,
        find_place(adt, adt.pv1.assigned_patient_location),
        lambda where: visits.cancel_transfer(
            encounter=stay, by=adt.account, reason=reason, keep_bed=where.bed is not None
        ),
    )
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, adt.happened_at, adt.message)
    return True
