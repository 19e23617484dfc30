"""A02 and A12: transfers and their taking back, also when they come after later ones, again, or before what they follow.

A move is known by its time (EVN-6) and place (PV1-3). Of each is kept when the HIS last said it, and of each taken back when
that was said (EVN-2): what is said later counts, in whatever order it comes.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from emr.common.masters import BED
from encounters.visits import services as visits
from encounters.visits.details import DeathDetails, EndDetails
from encounters.visits.models import Encounter, EncounterLocation
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import stamp
from integrations.his.services.places import Place, bed_words, find_place
from integrations.his.services.stays import (
    LOCATION,
    allowed_place,
    demand_stay,
    is_cancelled,
    last_said,
    late_reason,
    newer_attending,
    stamp_attending,
    with_or_without_bed,
)
from integrations.hl7v2.outcomes import CannotApply, NotYet
from integrations.hl7v2.segments import Pl
from patients.registry.models import Patient

# Groups of freshness: of each place, by its key, when the HIS said that the patient never went there. Found by its own time,
# or as the last one before the A12's: then a move that comes late may be the one that was meant.
_BACK, _BY_TIME = "back-", "last-"


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
    if stay.status == Encounter.Status.ENTERED_IN_ERROR and not is_cancelled(adt, stay):
        raise CannotApply("stay_cancelled")
    if is_cancelled(adt, stay):
        adt.remark("partly_older", groups="PV1-3")
        return False
    if at < stay.begins_at:
        raise CannotApply("refused", text=_("This time lies before the start of the stay."))
    if _is_settled(adt, stay, place, at):
        return False
    _demand_one_place(adt, stay, at)
    end = None if stay.is_open else _take_back_end(adt, stay, at)
    later = _take_back_moves(adt, stay, at)
    attending = newer_attending(adt, stay)
    with_or_without_bed(adt, place, lambda where: _move(adt, stay, where, at, attending=attending))
    _tell_moves_again(adt, stay, later)
    if end is not None:
        _tell_end_again(adt, stay, end)
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, _said(at), adt.said_at, adt.message)
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, at, adt.message)
    stamp_attending(adt, stay)
    return True


def _said(at: datetime) -> str:
    """The group of a move: when the HIS last said that it happened."""
    return f"move-{int(at.timestamp())}"


def _is_settled(adt: Adt, stay: Encounter, place: Place, at: datetime) -> bool:
    """Whether the very move stands already, or was taken back since it was said.

    Raises CannotApply where it may be the one that an A12 meant which took back an earlier one.
    """
    rows = EncounterLocation.objects.filter(encounter=stay).select_related("department", "location")
    same = [
        row for row in rows.filter(starts_at=at) if is_place(row, place, adt.pv1.assigned_patient_location)
    ]
    if any(row.cancelled_at is None for row in same):
        stamp(Freshness.Subject.ENCOUNTER, stay.pk, _said(at), adt.said_at, adt.message)
        return True
    taken_back = _taken_back(stay)
    since = [taken_back[row.pk] for row in same if row.pk in taken_back]
    is_ours = any(row.cancelled_by_id != adt.account.pk for row in same)
    if is_ours or (since and adt.said_at <= max(said for said, _is_by_time in since)):
        adt.remark("move_taken_back")
        return True
    for row in rows.filter(pk__in=taken_back, starts_at__lt=at):
        said, is_by_time = taken_back[row.pk]
        if is_by_time and adt.said_at <= said and at <= said:
            raise CannotApply("move_before_taken_back")
    return False


def _taken_back(stay: Encounter) -> dict[int, tuple[datetime, bool]]:
    """{row: when the HIS said that the patient never went there, whether the row was found by that time alone}."""
    told = Freshness.objects.filter(subject=Freshness.Subject.ENCOUNTER, subject_id=stay.pk)
    return {
        int(group.removeprefix(prefix)): (said, prefix == _BY_TIME)
        for prefix in (_BACK, _BY_TIME)
        for group, said in told.filter(group__startswith=prefix).values_list("group", "happened_at")
    }


def is_place(row: EncounterLocation, place: Place, sent: Pl) -> bool:
    """Whether the row is what the message names: the department, and the bed where both have one."""
    if (row.department, row.department_as_sent) != (place.department, place.department_as_sent):
        return False
    if row.location is not None:
        return place.bed is None or place.bed == row.location
    return row.location_as_sent in {"", bed_words(sent)[:100]} or not sent.bed


def _demand_one_place(adt: Adt, stay: Encounter, at: datetime) -> None:
    """Raises CannotApply where another move has the very same time, unless this one goes on from its place (PV1-6)."""
    rows = [row for row in _places(stay) if row.starts_at == at]
    first = _places(stay)[-1:]
    if not rows or rows == first:
        return
    prior = adt.pv1.prior_patient_location
    if not _names(prior) or not is_place(rows[0], find_place(adt, prior), prior):
        raise CannotApply("two_places")


def _names(sent: Pl) -> bool:
    return bool(sent.point_of_care)


def _places(stay: Encounter) -> list[EncounterLocation]:
    """Where the patient has been, latest first."""
    rows = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None)
    return list(rows.select_related("department", "location").order_by("-starts_at", "-id"))


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


def _take_back_moves(
    adt: Adt, stay: Encounter, at: datetime, *, but: EncounterLocation | None = None
) -> list[EncounterLocation]:
    """Take back the moves that happened after `at`, latest first, to be told again behind the one that came late.

    With `but` also those of that very time that came behind it.
    """
    taken: list[EncounterLocation] = []
    reason = _("An earlier move came late from %(sender)s") % {"sender": adt.channel.name}
    for row in _places(stay):
        if row == but or row.starts_at < at or (but is None and row.starts_at == at):
            break
        visits.cancel_transfer(encounter=stay, by=adt.account, reason=reason, place=row)
        taken.append(row)
    return taken


def _tell_moves_again(adt: Adt, stay: Encounter, taken: list[EncounterLocation]) -> None:
    for former in reversed(taken):
        _move(adt, stay, _place_of(former), former.starts_at)


def _place_of(row: EncounterLocation) -> Place:
    return Place(row.department, row.location, row.department_as_sent, row.location_as_sent)


def _take_back_end(adt: Adt, stay: Encounter, at: datetime) -> _End:
    """Open a stay whose discharge came before an earlier move."""
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
    """A12: the move named by EVN-6, else the last one before it, should not have been, and PV1-3 is where it began.

    Raises NotYet where no known move fits PV1-3 and PV1-6, CannotApply where the message names neither place nor move.
    """
    stay = demand_stay(adt, patient)
    if any(said == adt.said_at for said, _is_by_time in _taken_back(stay).values()) or is_cancelled(
        adt, stay
    ):
        return False
    at = adt.happened_at.replace(microsecond=0)
    places = _places(stay)
    named = [row for row in places[:-1] if row.starts_at == at]
    if not named and _was_taken_back(stay, at):
        return False
    row, former = _meant(places, at)
    if row is None or former is None or not _fits(adt, row, former):
        if not named and _stays_in_department(adt):
            return False
        raise NotYet("unknown_move", sent=_words(adt.pv1.assigned_patient_location))
    if not named and not _names(adt.pv1.assigned_patient_location):
        raise CannotApply("no_former_place")
    if adt.said_at < last_said(stay, _said(row.starts_at)).get(_said(row.starts_at), adt.said_at):
        return False  # said anew since
    _take_back(adt, stay, row, former)
    group = f"{_BACK if named else _BY_TIME}{row.pk}"
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, group, adt.said_at, adt.message)
    stamp(Freshness.Subject.ENCOUNTER, stay.pk, LOCATION, at, adt.message)
    return True


def _meant(
    places: list[EncounterLocation], at: datetime
) -> tuple[EncounterLocation | None, EncounterLocation | None]:
    """The last move up to `at` and the place before it; the first place of a stay is no move."""
    for row, former in itertools.pairwise(places):
        if row.starts_at <= at:
            return row, former
    return None, None


def _was_taken_back(stay: Encounter, at: datetime) -> bool:
    """Whether a move of this very time was taken back, and none has it now."""
    return EncounterLocation.objects.filter(encounter=stay, pk__in=_taken_back(stay), starts_at=at).exists()


def _fits(adt: Adt, row: EncounterLocation, former: EncounterLocation) -> bool:
    """Whether PV1-3 is where the move began and PV1-6 where it led, as far as they are sent."""
    return all(
        not _names(sent) or is_place(place, find_place(adt, sent), sent)
        for place, sent in (
            (former, adt.pv1.assigned_patient_location),
            (row, adt.pv1.prior_patient_location),
        )
    )


def _stays_in_department(adt: Adt) -> bool:
    """Whether it takes back a change of beds where beds are given here."""
    there, back = adt.pv1.prior_patient_location, adt.pv1.assigned_patient_location
    if not adt.keeps_here(BED) or not _names(there) or there.point_of_care != back.point_of_care:
        return False
    adt.left_alone(BED, "PV1-3")
    return True


def _words(sent: Pl) -> str:
    return " ".join(part for part in (sent.point_of_care, bed_words(sent)) if part)


def _take_back(adt: Adt, stay: Encounter, row: EncounterLocation, former: EncounterLocation) -> None:
    """The patient never left the former place; what happened later is told again."""
    reason = _("Move cancelled by %(sender)s") % {"sender": adt.channel.name}
    end = None if stay.is_open else _take_back_end(adt, stay, row.starts_at)
    later = _take_back_moves(adt, stay, row.starts_at, but=row)
    with_or_without_bed(
        adt,
        _place_of(former),
        lambda where: visits.cancel_transfer(
            encounter=stay, by=adt.account, reason=reason, place=row, keep_bed=where.bed is not None
        ),
    )
    _tell_moves_again(adt, stay, later)
    if end is not None:
        _tell_end_again(adt, stay, end)
