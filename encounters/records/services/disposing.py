"""Records whose time is over are put down in minutes; two others approve them, the rest is `shredding`."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from encounters.records.models import DisposalLine, DisposalMinutes
from encounters.records.selectors.disposals import due_for_disposal
from patients.registry.models import NumberSeries


@transaction.atomic
def prepare_disposal(
    *,
    encounters: Collection[UUID],
    decision_number: str,
    decided_on: dt.date,
    members: str,
    by: User,
    request_key: UUID | None = None,
) -> DisposalMinutes:
    """Put these records down to be disposed of, by the head's decision; the form sent twice is one.

    `encounters`: public ids of stays that `due_for_disposal` names. Raises DomainError by `code`: no_record, not_due,
    no_decision, bad_day.
    """
    if request_key is not None and (
        told := DisposalMinutes.objects.filter(facility_id=by.facility_id, request_key=request_key).first()
    ):
        return told
    if not encounters:
        raise DomainError(_("Choose at least one record."), code="no_record")
    if not (decision_number.strip() and members.strip()):
        message = _("Give the head's decision and who sits on the board.")
        raise DomainError(message, code="no_decision", field="decision_number")
    if decided_on > local_today():
        raise DomainError(_("This day is yet to come."), code="bad_day", field="decided_on")
    number = _next_number(by.facility_id)
    due = list(due_for_disposal(by).filter(encounter__uuid__in=encounters).select_for_update(of=("self",)))
    if len(due) != len(set(encounters)):
        message = _("One of these records isn't due any more, or stands in other minutes: look at the list.")
        raise Conflict(message, code="not_due")
    minutes = DisposalMinutes.objects.create(
        facility_id=by.facility_id,
        number=number,
        decision_number=decision_number.strip()[:60],
        decided_on=decided_on,
        members=members.strip()[:400],
        prepared_by=by,
        request_key=request_key,
    )
    DisposalLine.objects.bulk_create(
        DisposalLine(facility_id=by.facility_id, minutes=minutes, encounter_id=keeping.encounter_id)
        for keeping in due
    )
    record("disposal.create", by=by, of=minutes, detail={"number": number, "records": len(due)})
    return minutes


def _next_number(facility_id: int) -> str:
    """Its series stays locked until the end: a record is put down once."""
    year = local_today().year
    series, _is_new = NumberSeries.objects.get_or_create(facility_id=facility_id, system=f"disposal:{year}")
    series = NumberSeries.objects.select_for_update().get(pk=series.pk)
    series.last += 1
    series.save(update_fields=["last"])
    return f"BBH{year}-{series.last:04d}"


def _locked(minutes: DisposalMinutes) -> DisposalMinutes:
    row = DisposalMinutes.objects.select_for_update(of=("self",)).get(pk=minutes.pk)
    if row.status != DisposalMinutes.Status.PREPARED:
        raise Conflict(_("These minutes are closed: they were approved or laid aside."), code="dealt_with")
    return row


def has_part(minutes: DisposalMinutes, by: User) -> bool:
    """Whether the person has put these records down or approved them: then somebody else must."""
    return by.pk in {minutes.prepared_by_id, minutes.first_by_id, minutes.second_by_id}


@transaction.atomic
def approve_disposal(*, minutes: DisposalMinutes, by: User) -> DisposalMinutes:
    """Agree; the second to do so closes the minutes. Raises DomainError for whoever had part in them already."""
    row = _locked(minutes)
    if has_part(row, by):
        message = _("Somebody else approves: you have put these records down or approved them already.")
        raise DomainError(message, code="same_person")
    if row.first_by_id is None:
        row.first_by, row.first_at = by, now()
    else:
        row.second_by, row.second_at, row.status = by, now(), DisposalMinutes.Status.APPROVED
    row.save(update_fields=["first_by", "first_at", "second_by", "second_at", "status"])
    record("disposal.approve", by=by, of=row, detail={"number": row.number, "status": row.status})
    return row


@transaction.atomic
def cancel_disposal(*, minutes: DisposalMinutes, reason: str, by: User) -> DisposalMinutes:
    """Lay minutes aside before they are approved twice; their records may be put down anew."""
    row = _locked(minutes)
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    row.status, row.cancelled_by, row.cancelled_at = DisposalMinutes.Status.CANCELLED, by, now()
    row.cancelled_reason = reason.strip()[:300]
    row.save(update_fields=["status", "cancelled_by", "cancelled_at", "cancelled_reason"])
    stays = sorted(row.lines.values_list("encounter_id", flat=True))
    row.lines.all().delete()
    record("disposal.cancel", by=by, of=row, detail={"number": row.number, "stays": stays})
    return row
