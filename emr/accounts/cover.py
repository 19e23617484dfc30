"""Somebody stands in for another department until a set hour, by their own word."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts import permissions
from emr.accounts.models import CoverDuty, Organization, PractitionerRole, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish

# At most so long at a time; the facility may set another number (`cover_hours`).
COVER_HOURS = 24
# What is carried over: a head stands in as a doctor, not as the other department's head.
CARRIED_AS = {"doctor": "doctor", "head_of_department": "doctor", "nurse": "nurse", "head_nurse": "nurse"}


def carried_role(user: User) -> str | None:
    """The role that the person brings along to another department; None: nothing that can be covered."""
    own = [role for role in user.current_roles if getattr(role, "cover_duty", None) is None]
    return next((CARRIED_AS[held.role] for held in own if held.role in CARRIED_AS), None)


@transaction.atomic
def start_cover_duty(
    *, department: Organization, ends_at: dt.datetime, reason: str, by: User, words: str = ""
) -> CoverDuty:
    """Take the department over from now until that hour; its head is told through the outbox.

    Refuses another facility's department, one where no patients are, one's own, too long a time and a time that is past.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    role = carried_role(by)
    if role is None or not by.has_right(permissions.COVER):
        raise DomainError(_("Only doctors and nurses stand in for another department."), code="no_role")
    if department.parent_id != by.facility_id or not (department.is_clinical and department.is_active):
        raise DomainError(_("Choose a department."), code="no_department", field="department")
    moment = now()
    hours = facility_setting(by.facility_id, "cover_hours", COVER_HOURS)
    if ends_at <= moment:
        raise DomainError(_("This hour is past."), code="past", field="ends_at")
    if ends_at > moment + dt.timedelta(hours=hours):
        raise DomainError(
            _("At most %(hours)d hours at a time.") % {"hours": hours}, code="too_long", field="ends_at"
        )
    if any(held.department_id == department.pk and held.role == role for held in by.current_roles):
        raise DomainError(_("You work there already."), code="own_department", field="department")
    if reason not in CoverDuty.Reason.values:
        raise DomainError(_("Choose the reason."), code="no_reason", field="reason")
    try:
        with transaction.atomic():
            held = PractitionerRole.objects.create(
                user=by, role=role, department=department, starts_at=moment, ends_at=ends_at
            )
    except IntegrityError as error:
        raise DomainError(_("You work there already."), code="own_department", field="department") from error
    duty = CoverDuty.objects.create(
        facility_id=by.facility_id,
        user=by,
        department=department,
        role=held,
        reason=reason,
        words=words.strip()[:200],
        starts_at=moment,
        ends_at=ends_at,
    )
    _forget_roles(by)
    record(
        "cover_duty.begin",
        by=by,
        of=duty,
        detail={"department": department.pk, "role": role, "ends_at": ends_at, "reason": reason},
    )
    publish("cover_duty.started", cover_duty_id=duty.pk, user_id=by.pk, department_id=department.pk)
    return duty


@transaction.atomic
def end_cover_duty(*, duty: CoverDuty, by: User) -> CoverDuty:
    """Stop before the hour; what was over already stays as it was."""
    row = CoverDuty.objects.select_for_update().select_related("role").get(pk=duty.pk)
    if not row.is_running:
        return row
    row.ended_early_at = now()
    row.save(update_fields=["ended_early_at"])
    row.role.ends_at = row.ended_early_at
    row.role.save(update_fields=["ends_at"])
    _forget_roles(by)
    record("cover_duty.end", by=by, of=row, detail={"department": row.department_id})
    return row


@transaction.atomic
def see_cover_duty(*, duty: CoverDuty, remark: str, by: User) -> CoverDuty:
    """The head has seen it, with a remark or none. Refuses one's own, and a second time."""
    row = CoverDuty.objects.select_for_update().get(pk=duty.pk)
    if row.user_id == by.pk:
        raise DomainError(_("Somebody else looks at your own duty."), code="own")
    if row.seen_at is not None:
        raise DomainError(_("This was seen already."), code="seen")
    row.seen_at, row.seen_by, row.remark = now(), by, remark.strip()[:400]
    row.save(update_fields=["seen_at", "seen_by", "remark"])
    record("cover_duty.review", by=by, of=row, detail={"remark": bool(row.remark)})
    return row


def _forget_roles(user: User) -> None:
    """What this request knew of the person's roles is no longer so."""
    for name in ("current_roles", "rights"):
        user.__dict__.pop(name, None)
