"""A department cares for a patient while the patient is there, and so does the attending doctor wherever they work; the
registry adds the days to finish its papers.
"""

import datetime as dt

from emr.accounts.models import Organization, User
from emr.common.clock import now
from encounters.visits import codes
from encounters.visits.models import Encounter
from patients.registry import services as registry
from patients.registry.models import CareContext


def _source(encounter: Encounter) -> str:
    return f"encounter:{encounter.pk}"


def _team(encounter: Encounter) -> str:
    return f"team:{encounter.pk}"


def open_care(encounter: Encounter, department: Organization | None, at: dt.datetime) -> None:
    """Let the department reach the patient from the event on; at once when the event's clock is ahead of ours.

    Opened already (a transfer undone, a patient who comes back): it just goes on.
    """
    if department is None:
        return
    source = _source(encounter)
    if CareContext.objects.filter(source=source, department=department, ends_at=None).exists():
        return
    registry.open_care(
        patient=encounter.patient, department=department, source=source, starts_at=min(at, now())
    )


def first_care(
    encounter: Encounter, department: Organization | None, attending: User | None, at: dt.datetime
) -> list[registry.Care]:
    """What `open_care` and `sync_team` open for a stay that is new."""
    starts_at, found = min(at, now()), []
    if department is not None:
        found.append(
            registry.Care(
                encounter.patient, department=department, source=_source(encounter), starts_at=starts_at
            )
        )
    if attending is not None:
        found.append(
            registry.Care(
                encounter.patient, practitioner=attending, source=_team(encounter), starts_at=starts_at
            )
        )
    return found


def close_care(encounter: Encounter, department: Organization | None) -> None:
    """End the care of a department that the patient left."""
    if department is not None:
        registry.close_care(source=_source(encounter), department=department)


def close_all_care(encounter: Encounter) -> None:
    """End the care of every department of the stay."""
    registry.close_care(source=_source(encounter))


def sync_team(encounter: Encounter) -> None:
    """The attending doctors reach the patient as persons, while they attend: of a restricted chart it is the only way."""
    source = _team(encounter)
    attending = encounter.participants.filter(role=codes.ParticipantRole.ATTENDING, ends_at=None)
    present = {row.practitioner_id: row for row in attending.select_related("practitioner")}
    known = set()
    for context in CareContext.objects.filter(source=source, ends_at=None):
        if context.practitioner_id in present:
            known.add(context.practitioner_id)
            continue
        context.ends_at = max(now(), context.starts_at)
        context.save(update_fields=["ends_at"])
    for key, row in present.items():
        if key not in known:
            registry.open_care(
                patient=encounter.patient,
                practitioner=row.practitioner,
                source=source,
                starts_at=min(row.starts_at, now()),
            )
