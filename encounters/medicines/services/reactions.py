"""A reaction test: begun, and read when its time has come."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.staff.selectors.practice import demand_practice
from encounters.medicines.models import ReactionTest
from encounters.medicines.selectors.reactions import minutes_for
from encounters.medicines.services.told import Told, demand_possible, in_its_minute
from encounters.orders.models import MedicationRequest, Order


@transaction.atomic
def begin_test(
    *, order: MedicationRequest, method: str, told: Told, by: User, batch: str = ""
) -> ReactionTest:
    """Begin the test that a rule asks for; the same key again answers the first. It is read after the rule's minutes.

    Raises DomainError by `code`: not_asked, invalid, wrong_status, future, before_stay; Conflict where one waits to be read.
    """
    demand_practice(by)
    order = MedicationRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if known := ReactionTest.objects.filter(facility_id=order.facility_id, key=told.key).first():
        if known.order_id != order.pk or known.performer_id != by.pk:
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return known
    minutes = minutes_for(order)
    if minutes is None:
        raise DomainError(_("No rule asks for a test of this medicine."), code="not_asked")
    if method not in ReactionTest.Method.values:
        raise DomainError(_("Say how it is tested."), code="invalid", field="method")
    if order.status != Order.Status.ACTIVE or order.encounter.status != "in-progress":
        raise DomainError(_("This medicine isn't in effect."), code="wrong_status")
    if ReactionTest.objects.filter(order=order, result="").exists():
        raise Conflict(_("A test of this medicine waits to be read."), code="unread")
    at = told.true_at
    demand_possible(at, order.encounter)
    row = ReactionTest.objects.create(
        facility_id=order.facility_id,
        patient_id=order.patient_id,
        encounter_id=order.encounter_id,
        order=order,
        key=told.key,
        method=method,
        batch=batch.strip()[:40],
        started_at=at,
        performer=by,
        read_due_at=at + dt.timedelta(minutes=minutes),
    )
    record("reaction_test.begin", by=by, of=row)
    return row


@transaction.atomic
def read_test(
    *, test: ReactionTest, result: str, by: User, note: str = "", at: dt.datetime | None = None
) -> ReactionTest:
    """Say what it shows, read at that time (None: now): positive at any time, negative not before its time. The same word
    again changes nothing. Raises DomainError by `code`: invalid, early, future, before_stay, order.
    """
    demand_practice(by)
    row = ReactionTest.objects.select_for_update(of=("self",)).select_related("encounter").get(pk=test.pk)
    if row.result == result and result:
        return row
    if row.result:
        raise Conflict(_("This test was read already."), code="finished")
    if result not in {ReactionTest.Result.NEGATIVE, ReactionTest.Result.POSITIVE}:
        raise DomainError(_("Say what it shows."), code="invalid", field="result")
    read_at = in_its_minute(in_its_minute(at, row.started_at), row.read_due_at) if at else now()
    demand_possible(read_at, row.encounter)
    if read_at < row.started_at:
        raise DomainError(_("This time lies before the test began."), code="order", field="at")
    read_at = min(read_at, now())
    if result == ReactionTest.Result.NEGATIVE and read_at < row.read_due_at:
        raise DomainError(
            _("It is read at %(time)s, not before.")
            % {"time": f"{timezone.localtime(row.read_due_at):%H:%M}"},
            code="early",
        )
    row.result, row.read_at, row.reader, row.note = result, read_at, by, note.strip()[:200]
    row.save(update_fields=["result", "read_at", "reader", "note"])
    record("reaction_test.read_result", by=by, of=row, detail={"result": result})
    return row
