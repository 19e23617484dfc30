"""Isolation and risks: set at the bed, ended by name."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.bedside.models import Precaution
from encounters.visits.models import Encounter


@transaction.atomic
def set_precaution(
    *, encounter: Encounter, kind: str, by: User, note: str = "", key: uuid.UUID | None = None
) -> Precaution:
    """Everybody who comes to this bed is told; set twice is set once. The same `key` again gives the same row, ended or not.

    Raises DomainError: no such kind, the stay has ended; Conflict: the key was something else's.
    """
    stay = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    kept = Precaution.objects.filter(facility_id=stay.facility_id, key=key).first() if key else None
    if kept is not None:
        if (kept.encounter_id, kept.kind, kept.set_by_id) != (stay.pk, kind, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if kind not in Precaution.Kind.values:
        raise DomainError(_("Choose a precaution."), code="bad_kind", field="kind")
    if not stay.is_open:
        raise DomainError(_("The stay has ended."), code="stay_ended")
    held = Precaution.objects.filter(encounter=stay, kind=kind, ends_at=None).first()
    if held is not None:
        return held
    row = Precaution.objects.create(
        facility_id=stay.facility_id,
        patient_id=stay.patient_id,
        encounter=stay,
        kind=kind,
        note=note.strip()[:200],
        set_by=by,
        key=key or uuid.uuid4(),
    )
    record("precaution.set", by=by, of=row, detail={"kind": kind})
    return row


@transaction.atomic
def end_precaution(*, precaution: Precaution, by: User) -> Precaution:
    """It holds no longer; ended twice is ended once."""
    row = Precaution.objects.select_for_update(of=("self",)).get(pk=precaution.pk)
    if row.ends_at is None:
        row.ends_at, row.ended_by = now(), by
        row.save(update_fields=["ends_at", "ended_by"])
        record("precaution.end", by=by, of=row, detail={"kind": row.kind})
    return row
