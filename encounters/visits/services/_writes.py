"""What several verbs write alike."""

import datetime as dt

from emr.accounts.models import Location, Organization, User
from emr.common.clock import now
from emr.outbox import publish
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
    with _rules.database_refusals():
        place = EncounterLocation.objects.create(
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
    _care.open_care(encounter, department, at)
    return place


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
    EncounterParticipant.objects.create(
        facility_id=encounter.facility_id,
        encounter=encounter,
        practitioner=who,
        role=role,
        starts_at=at,
        ends_at=until,
    )
    if role == codes.ParticipantRole.ATTENDING:
        _care.sync_team(encounter)


def tell(topic: str, encounter: Encounter, **ids: int) -> None:
    """Publish a fact about the stay, in the order of the patient's facts."""
    publish(
        topic,
        order_key=f"patient:{encounter.patient_id}",
        encounter_id=encounter.pk,
        patient_id=encounter.patient_id,
        **ids,
    )
