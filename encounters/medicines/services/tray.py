"""The tray of a ward and a time: counted, filled, labelled, and what came back of it."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from encounters.medicines.models import DueDose, TrayReturn, WardTray
from encounters.medicines.selectors.tray import line_key, totals_of, wanted_doses
from encounters.orders.services.numbers import take_number
from encounters.visits.models import Encounter


@transaction.atomic
def fill_tray(
    *, department: Organization, start: dt.datetime, end: dt.datetime, key: UUID, by: User
) -> WardTray:
    """Put what the ward's patients need from `start` to `end` on a tray: its total is what is asked for, each dose gets
    its label's number. The same `key` again answers the first; DomainError `empty` where nothing is wanted.
    """
    facility_id = by.facility_id
    if kept := WardTray.objects.filter(facility_id=facility_id, key=key).first():
        return kept
    rows = DueDose.objects.select_for_update(of=("self",)).filter(
        pk__in=[dose.pk for dose in wanted_doses(by, department, start, end)], tray=None, outcome="", ended=""
    )
    doses = list(rows.select_related("order", "encounter").order_by("pk"))
    if not doses:
        raise DomainError(_("Nothing is wanted for this time that isn't on a tray already."), code="empty")
    tray = WardTray.objects.create(
        facility_id=facility_id,
        department=department,
        number=take_number(facility_id, "tray", "KT"),
        starts_at=start,
        ends_at=end,
        lines=[line.as_json() for line in totals_of(doses)],
        filled_by=by,
        key=key,
    )
    for dose in doses:
        dose.tray = tray
    give_numbers(doses)
    DueDose.objects.bulk_update(doses, ["tray", "number"])
    record("ward_tray.fill", by=by, of=tray, detail={"doses": len(doses)})
    return tray


def give_numbers(doses: Iterable[DueDose]) -> None:
    """Set the numbers of labels that have none yet: "LT260000012". Not saved."""
    for dose in doses:
        if not dose.number:
            dose.number = take_number(dose.facility_id, "dose", "LT")


@transaction.atomic
def number_doses(*, encounter: Encounter, doses: Iterable[DueDose], by: User) -> list[DueDose]:
    """Give the stay's doses their labels' numbers without a tray (ward stock, at the bed). Asked twice, nothing changes."""
    wanted = [dose.pk for dose in doses]
    rows = DueDose.objects.select_for_update(of=("self",)).filter(pk__in=wanted, encounter=encounter)
    found = list(
        rows.select_related("order", "encounter__patient", "encounter__department").order_by("due_at")
    )
    fresh = [dose for dose in found if not dose.number]
    give_numbers(fresh)
    DueDose.objects.bulk_update(fresh, ["number"])
    if fresh:
        record("due_dose.label", by=by, of=encounter, detail={"count": len(fresh)})
    return found


@transaction.atomic
def count_labels(*, doses: Iterable[DueDose], by: User, form: str) -> None:
    """The labels are printed; a reprint is on record as one."""
    found = list(doses)
    again = sum(dose.label_count > 0 for dose in found)
    DueDose.objects.filter(pk__in=[dose.pk for dose in found]).update(label_count=F("label_count") + 1)
    record("due_dose.print", by=by, detail={"format": form, "count": len(found), "again": again})


@transaction.atomic
def note_batch(*, tray: WardTray, line: str, batch: str, expires_on: dt.date | None, by: User) -> int:
    """Batch and expiry of one line of the tray, for its doses that nobody answered. Returns how many."""
    rows = list(
        DueDose.objects.select_for_update(of=("self",)).filter(tray=tray, outcome="").select_related("order")
    )
    found = [dose for dose in rows if line_key(dose) == line]
    for dose in found:
        dose.batch, dose.expires_on = batch.strip()[:40], expires_on
    DueDose.objects.bulk_update(found, ["batch", "expires_on"])
    record("ward_tray.batch", by=by, of=tray, detail={"doses": len(found)})
    return len(found)


@transaction.atomic
def return_dose(*, dose: DueDose, where: str, by: User) -> TrayReturn:
    """A dose of a tray that wasn't given goes back or away; said twice is said once. Raises DomainError, Conflict."""
    dose = DueDose.objects.select_for_update(of=("self",)).get(pk=dose.pk)
    if known := TrayReturn.objects.filter(dose=dose).first():
        if known.where != where:
            raise Conflict(_("It went somewhere else already."), code="finished")
        return known
    if dose.tray_id is None or (dose.outcome != "not-given" and not dose.ended):
        raise DomainError(_("Only what isn't given goes back."), code="not_returnable")
    row = TrayReturn.objects.create(
        facility_id=dose.facility_id, tray_id=dose.tray_id, dose=dose, amount=dose.amount, where=where, by=by
    )
    record("ward_tray.return", by=by, of=row, detail={"where": where})
    return row
