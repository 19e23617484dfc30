"""The ward is told when an operation is: what waits for it becomes due."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.medicines.models import AwaitedEvent
from encounters.medicines.services.planning import plan_order
from encounters.medicines.services.told import Told
from encounters.orders.models import MedicationRequest, Order
from encounters.visits.models import Encounter

_EARLIER, _LATER = dt.timedelta(hours=2), dt.timedelta(days=14)


@transaction.atomic
def tell_event(
    *, encounter: Encounter, kind: str, at: dt.datetime | None, told: Told, by: User, note: str = ""
) -> AwaitedEvent:
    """The operation is at `at`; None: it is put off, and `note` says why. The same key again answers the first.

    Its doses are made, moved or ended in the same transaction. Raises DomainError by `code`: invalid, reason_missing,
    not_here; Conflict `key_reused`.
    """
    known = AwaitedEvent.objects.filter(facility_id=encounter.facility_id, key=told.key).first()
    if known is not None:
        if (known.encounter_id, known.kind, known.told_by_id) != (encounter.pk, kind, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return known
    encounter = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    if kind not in MedicationRequest.BeforeEvent.values:
        raise DomainError(_("Say what it is."), code="invalid", field="kind")
    if encounter.status != "in-progress":
        raise DomainError(_("The patient is not here (any more)."), code="not_here")
    if at is None and not note.strip():
        raise DomainError(_("Say why it is put off."), code="reason_missing", field="note")
    if at is not None and not now() - _EARLIER <= at <= now() + _LATER:
        raise DomainError(_("Within the next two weeks."), code="invalid", field="at")
    row = AwaitedEvent.objects.create(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        kind=kind,
        at=at,
        key=told.key,
        note=note.strip()[:200],
        told_by=by,
    )
    record("awaited_event.tell", by=by, of=row, detail={"kind": kind})
    waiting = MedicationRequest.objects.filter(
        encounter=encounter, before_event=kind, status__in=[Order.Status.ACTIVE, Order.Status.ON_HOLD]
    )
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        plan_order(order_id=pk)
    return row
