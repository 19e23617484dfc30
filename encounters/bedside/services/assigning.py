"""The head nurse gives patients to nurses for a shift."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.bedside.models import Assignment
from encounters.bedside.selectors.staff import nurses_of
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift


def _held(stays: list[Encounter], shift: Shift) -> dict[int, Assignment]:
    """{stay: who has it in the shift}, with the stays held against others in one order."""
    ids = sorted(stay.pk for stay in stays)
    list(Encounter.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values("pk"))
    rows = Assignment.objects.filter(encounter__in=ids, starts_at=shift.start, ended_at=None)
    return {row.encounter_id: row for row in rows}


def _end(row: Assignment, by: User) -> None:
    row.ended_at, row.ended_by = now(), by
    row.save(update_fields=["ended_at", "ended_by"])


@transaction.atomic
def assign_patients(
    *, stays: Iterable[Encounter], nurse: User, department: Organization, shift: Shift, by: User
) -> int:
    """These patients are the nurse's in the shift; whoever had them has them no longer. Said twice is said once.

    Returns how many changed hands. Raises DomainError: a shift that is over, somebody who is no nurse of the department,
    a patient who has left it.
    """
    chosen = list(stays)
    if shift.end <= now():
        raise DomainError(_("This shift is over."), code="shift_over")
    if nurse.pk not in {person.pk for person in nurses_of(department)}:
        raise DomainError(
            _("%(name)s is no nurse of this department now.") % {"name": nurse.full_name}, code="no_nurse"
        )
    held, count = _held(chosen, shift), 0
    for stay in chosen:
        if stay.department_id != department.pk or not stay.is_open:
            raise DomainError(
                _("%(name)s is no longer in this department.") % {"name": stay.patient.full_name}, code="left"
            )
        before = held.get(stay.pk)
        if before is not None and before.nurse_id == nurse.pk:
            continue
        if before is not None:
            _end(before, by)
        row = Assignment.objects.create(
            facility_id=stay.facility_id,
            encounter=stay,
            department=department,
            nurse=nurse,
            shift_name=shift.name,
            starts_at=shift.start,
            ends_at=shift.end,
            assigned_by=by,
        )
        record("assignment.assign", by=by, of=row, detail={"nurse": nurse.staff_code, "shift": shift.name})
        count += 1
    return count


@transaction.atomic
def release_patients(*, stays: Iterable[Encounter], shift: Shift, by: User) -> int:
    """These patients are nobody's in the shift again. Returns how many were somebody's."""
    held = _held(list(stays), shift)
    for row in held.values():
        _end(row, by)
        record("assignment.end", by=by, of=row, detail={"shift": shift.name})
    return len(held)
