"""Patients move: to another bed, to another department, and back when that was a mistake."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Location, Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.masters import BED, MOVEMENT, demand_ours
from encounters.visits import codes
from encounters.visits.models import Encounter, EncounterLocation
from encounters.visits.services import _care, _rules
from encounters.visits.services._writes import put, save, take_part, tell


@transaction.atomic
def transfer(
    *,
    encounter: Encounter,
    department: Organization | None,
    by: User | None,
    bed: Location | None = None,
    at: dt.datetime | None = None,
    attending: User | None = None,
    reason: str = "",
    late_reason: str = "",
    expected_version: int | None = None,
    department_as_sent: str = "",
    location_as_sent: str = "",
) -> EncounterLocation:
    """Move the patient to a department, into a bed where one is named; answers the new place.

    Moving to where the patient is already changes nothing and answers that place. The new department's care opens,
    the former one's ends. Publishes `encounter.transferred`, or `encounter.bed_changed` within a department.
    """
    stay = _rules.locked(encounter)
    _rules.demand_open(stay)
    place = _rules.present_place(stay)
    if place is not None and _is_there(place, department, bed, department_as_sent, location_as_sent):
        return place
    _rules.check_version(stay, expected_version)
    starts_at = _rules.instant(at)
    why = _("The patient came to the present place later than that.")
    _rules.check_event(
        starts_at, patient=stay.patient, not_before=place.starts_at if place else stay.begins_at, why=why
    )
    _rules.check_alive(starts_at, stay.patient)
    _rules.check_late(starts_at, facility_id=stay.facility_id, reason=late_reason)
    _rules.check_place(department, bed, facility_id=stay.facility_id)
    stays_in_department = place is not None and place.department == department
    demand_ours(stay.facility_id, BED if stays_in_department else MOVEMENT, stay)
    if place is not None:
        place.ends_at = starts_at
        place.save(update_fields=["ends_at"])
        if not stays_in_department:
            _care.close_care(stay, place.department)
    new = put(
        stay,
        department,
        bed,
        starts_at,
        by=by,
        late_reason=late_reason,
        reason=reason,
        department_as_sent=department_as_sent,
        location_as_sent=location_as_sent,
    )
    take_part(stay, attending, codes.ParticipantRole.ATTENDING, starts_at)
    stay.department = department
    save(stay, "department")
    verb, topic = (
        ("encounter.move_bed", "encounter.bed_changed")
        if stays_in_department
        else ("encounter.transfer", "encounter.transferred")
    )
    record(verb, by=by, of=stay, detail={"place": new.pk, "from": place.pk if place else None})
    tell(topic, stay, encounter_location_id=new.pk)
    return new


def _is_there(
    place: EncounterLocation,
    department: Organization | None,
    bed: Location | None,
    department_as_sent: str,
    location_as_sent: str,
) -> bool:
    return (place.department, place.location, place.department_as_sent, place.location_as_sent) == (
        department,
        bed,
        department_as_sent,
        location_as_sent,
    )


def move_bed(
    *,
    encounter: Encounter,
    bed: Location | None,
    by: User | None,
    at: dt.datetime | None = None,
    reason: str = "",
    late_reason: str = "",
    expected_version: int | None = None,
) -> EncounterLocation:
    """Put the patient into another bed of the same department, or out of any bed (None)."""
    return transfer(
        encounter=encounter,
        department=encounter.department,
        bed=bed,
        by=by,
        at=at,
        reason=reason,
        late_reason=late_reason,
        expected_version=expected_version,
    )


@transaction.atomic
def cancel_transfer(
    *,
    encounter: Encounter,
    by: User | None,
    reason: str,
    place: EncounterLocation | None = None,
    keep_bed: bool = True,
    expected_version: int | None = None,
) -> EncounterLocation:
    """Take the last move back: the patient never left the place before, which is answered.

    `place` names the move meant; taken back already, nothing happens. Where the former bed was given to somebody else the
    refusal is `bed_taken`; with `keep_bed=False` the patient returns to the department without a bed.
    """
    stay = _rules.locked(encounter)
    present = _rules.present_place(stay)
    if place is not None and (present is None or place.pk != present.pk):
        place.refresh_from_db()
        if place.cancelled_at is not None and present is not None:
            return present
        raise DomainError(_("Only the last move can be taken back."), code="not_the_last_move")
    _rules.demand_open(stay)
    _rules.check_version(stay, expected_version)
    _rules.demand_reason(reason)
    demand_ours(stay.facility_id, MOVEMENT, stay)
    former = _place_before(stay, present)
    present, former = _undo(stay, present, former, by=by, reason=reason, keep_bed=keep_bed)
    record("encounter.cancel_transfer", by=by, of=stay, detail={"place": present.pk, "reason": reason[:200]})
    tell("encounter.transfer_cancelled", stay, encounter_location_id=present.pk)
    return former


def _place_before(stay: Encounter, present: EncounterLocation | None) -> EncounterLocation:
    """Where the patient was before; the first place of a stay goes with its admission, not with a transfer."""
    first = stay.admission_entries.filter(cancelled_at=None).values_list("place_id", flat=True).first()
    if present is not None and present.pk != first:
        before = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None).exclude(pk=present.pk)
        former = (
            before.select_related("encounter", "department", "location").order_by("-starts_at", "-id").first()
        )
        if former is not None:
            return former
    raise DomainError(_("There is no transfer to take back."), code="nothing_to_cancel")


def _undo(
    stay: Encounter,
    present: EncounterLocation | None,
    former: EncounterLocation,
    *,
    by: User | None,
    reason: str,
    keep_bed: bool,
) -> tuple[EncounterLocation, EncounterLocation]:
    assert present is not None  # noqa: S101  # there is a place before it
    present.cancelled_at, present.cancelled_by, present.cancel_reason = now(), by, reason.strip()
    present.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    former = reopen(former, by=by, keep_bed=keep_bed)
    if present.department != former.department:
        _care.close_care(stay, present.department)
        _care.open_care(stay, former.department, former.starts_at)
    stay.department = former.department
    save(stay, "department")
    return present, former


def reopen(place: EncounterLocation, *, by: User | None, keep_bed: bool) -> EncounterLocation:
    """The patient is in this place still; without its bed when that isn't to be kept (a new row tells so)."""
    stay = place.encounter
    if keep_bed or place.location is None:
        with _rules.database_refusals():
            place.ends_at = None
            place.save(update_fields=["ends_at"])
        return place
    left_at = place.ends_at or now()
    return put(stay, place.department, None, left_at, by=by, reason=_("The former bed was taken."))


@transaction.atomic
def map_place(
    *, place: EncounterLocation, department: Organization, by: User, bed: Location | None = None
) -> EncounterLocation:
    """Say which department and bed the sender's words meant; the department's care opens. The words are kept."""
    stay = _rules.locked(place.encounter)
    place = EncounterLocation.objects.select_for_update(of=("self",)).get(pk=place.pk)
    if place.cancelled_at is not None:
        raise DomainError(_("This place was taken back."), code="cancelled")
    _rules.check_place(department, bed, facility_id=stay.facility_id)
    place.department, place.location = department, bed
    with _rules.database_refusals():
        place.save(update_fields=["department", "location"])
    if place.ends_at is None and stay.is_open:
        _care.open_care(stay, department, place.starts_at)
        stay.department = department
        save(stay, "department")
    record("encounter.map_place", by=by, of=stay, detail={"place": place.pk, "department": department.pk})
    tell("encounter.place_mapped", stay, encounter_location_id=place.pk)
    return place


@transaction.atomic
def change_attending(
    *, encounter: Encounter, attending: User, by: User | None, at: dt.datetime | None = None
) -> bool:
    """Make somebody the attending doctor from `at` on, who relieves the former; False when they attend already."""
    stay = _rules.locked(encounter)
    _rules.demand_open(stay)
    running = stay.participants.filter(role=codes.ParticipantRole.ATTENDING, ends_at=None)
    if running.filter(practitioner=attending).exists():
        return False
    since = _rules.instant(at)
    _rules.check_event(since, patient=stay.patient, not_before=stay.started_at)
    demand_ours(stay.facility_id, MOVEMENT, stay)
    take_part(stay, attending, codes.ParticipantRole.ATTENDING, since)
    record("encounter.update", by=by, of=stay, detail={"fields": ["attending"]})
    tell("encounter.updated", stay)
    return True
