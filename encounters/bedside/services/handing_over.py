"""A patient is handed to the next nurse: a document is made of the shift, signed by who hands over, received by another."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.bedside import official
from encounters.bedside.models import Handover
from encounters.documents import services as documents
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift


@transaction.atomic
def hand_over(
    *,
    encounter: Encounter,
    shift: Shift,
    situation: str,
    by: User,
    key: uuid.UUID,
    to_do: str = "",
    to_department: Organization | None = None,
) -> Handover:
    """Compose 44/BV2 of what the shift's rows say and what is told beside it; `by` is asked to sign it.

    The same `key` again gives the same hand-over. Raises DomainError: nothing said, the stay has ended; Conflict: the key
    was somebody else's.
    """
    stay = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    kept = Handover.objects.filter(facility_id=stay.facility_id, key=key).first()
    if kept is not None:
        if (kept.encounter_id, kept.handed_by_id) != (stay.pk, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if not situation.strip():
        raise DomainError(_("Say how the patient is."), code="situation_missing", field="situation")
    if not stay.is_open or stay.department is None:
        raise DomainError(_("The stay has ended."), code="stay_ended")
    document = documents.begin_document(encounter=stay, code=official.CODE, by=by)
    row = Handover.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        document=document,
        department=stay.department,
        to_department=to_department,
        shift_name=shift.name,
        starts_at=shift.start,
        ends_at=shift.end,
        situation=situation.strip()[:2000],
        to_do=to_do.strip()[:2000],
        handed_by=by,
        key=key,
    )
    documents.finalize_document(document=document, revision=document.draft.revision, by=by)
    record("handover.make", by=by, of=row, detail={"shift": shift.name})
    return row


@transaction.atomic
def take_over(*, handover: Handover, by: User) -> Handover:
    """Another nurse has the patient from now on; said twice is said once, and the first who said it has."""
    row = Handover.objects.select_for_update(of=("self",)).select_related("received_by").get(pk=handover.pk)
    if row.received_by_id == by.pk:
        return row
    if row.received_by is not None:
        raise Conflict(
            _("%(name)s took this patient over already.") % {"name": row.received_by.full_name}, code="taken"
        )
    if row.handed_by_id == by.pk:
        raise DomainError(_("Another nurse takes over what you hand over."), code="same_person")
    row.received_by, row.received_at = by, now()
    row.save(update_fields=["received_by", "received_at"])
    record("handover.acknowledge", by=by, of=row)
    return row
