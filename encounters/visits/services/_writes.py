"""What several verbs write alike."""

import datetime as dt
from collections.abc import Sequence

from emr.accounts.models import Location, Organization, User
from emr.common.clock import now
from emr.outbox import publish_many
from encounters.visits import codes
from encounters.visits.models import Encounter, EncounterLocation, EncounterParticipant
from encounters.visits.services import _care, _rules


def save(encounter: Encounter, *fields: str) -> None:
    """Save these fields and count the change."""
    encounter.version += 1
    encounter.save(update_fields=[*fields, "version"])


def put(
    encounter: Encounter,
    department: Organization | None,
    bed: Location | None,
    at: dt.datetime,
    *,
    by: User | None,
    late_reason: str = "",
    reason: str = "",
    department_as_sent: str = "",
    location_as_sent: str = "",
) -> EncounterLocation:
    """The patient is there from `at` on; the department may see them. Refuses a bed that somebody has."""
    place = place_of(
        encounter,
        department,
        bed,
        at,
        by=by,
        late_reason=late_reason,
        reason=reason,
        department_as_sent=department_as_sent,
        location_as_sent=location_as_sent,
    )
    with _rules.database_refusals():
        place.save()
    _care.open_care(encounter, department, at)
    return place


def place_of(
    encounter: Encounter,
    department: Organization | None,
    bed: Location | None,
    at: dt.datetime,
    *,
    by: User | None,
    late_reason: str = "",
    reason: str = "",
    department_as_sent: str = "",
    location_as_sent: str = "",
) -> EncounterLocation:
    """The place from `at` on, not yet written."""
    return EncounterLocation(
        facility_id=encounter.facility_id,
        encounter=encounter,
        department=department,
        location=bed,
        starts_at=at,
        entered_at=now(),
        entered_by=by,
        late_reason=late_reason.strip(),
        reason=reason.strip(),
        department_as_sent=department_as_sent[:100],
        location_as_sent=location_as_sent[:100],
    )


def take_part(
    encounter: Encounter, who: User | None, role: str, at: dt.datetime, *, until: dt.datetime | None = None
) -> None:
    """Make somebody responsible from `at` on; a new attending doctor relieves the former one."""
    if who is None:
        return
    if role == codes.ParticipantRole.ATTENDING:
        running = encounter.participants.filter(role=role, ends_at=None)
        if running.filter(practitioner=who).exists():
            return
        for former in running:
            former.ends_at = max(at, former.starts_at)
            former.save(update_fields=["ends_at"])
    part_of(encounter, who, role, at, until=until).save()
    if role == codes.ParticipantRole.ATTENDING:
        _care.sync_team(encounter)


def part_of(
    encounter: Encounter, who: User, role: str, at: dt.datetime, *, until: dt.datetime | None = None
) -> EncounterParticipant:
    """Somebody's part, not yet written."""
    return EncounterParticipant(
        facility_id=encounter.facility_id,
        encounter=encounter,
        practitioner=who,
        role=role,
        starts_at=at,
        ends_at=until,
    )


def tell(topic: str, encounter: Encounter, **ids: int) -> None:
    """Publish a fact about the stay, in the order of the patient's facts."""
    tell_many(topic, [(encounter, ids)])


def tell_many(topic: str, facts: Sequence[tuple[Encounter, dict[str, int]]]) -> None:
    """Publish one kind of fact about many stays, in their order."""
    publish_many(
        topic,
        [
            (f"patient:{stay.patient_id}", {"encounter_id": stay.pk, "patient_id": stay.patient_id, **ids})
            for stay, ids in facts
        ],
    )
