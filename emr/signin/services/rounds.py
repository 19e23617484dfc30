"""Ward rounds: one PIN entry lasts for a set time, in one ward, until the screen locks or changes hands."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.signin.models import Round, StaffSession

ROUND_MINUTES = 60
_LONGEST = 240


@transaction.atomic
def begin_round(*, session: StaffSession, user: User, department: Organization) -> Round:
    """The person has just entered the PIN: for a while nobody asks again for this ward's papers.

    The caller has checked the PIN. Refuses a ward that the person doesn't work in.
    """
    if session.user_id != user.pk or session.is_locked(now()):
        raise DomainError(_("The screen is locked."), code="locked")
    if all(held.department_id != department.pk for held in user.current_roles):
        raise DomainError(_("You do not work in this department."), code="other_department")
    minutes = int(facility_setting(user.facility_id, "round_minutes", ROUND_MINUTES))
    until = now() + dt.timedelta(minutes=min(max(minutes, 1), _LONGEST))
    begun, _is_new = Round.objects.update_or_create(
        session=session, department=department, defaults={"user": user, "until": until}
    )
    record("round.begin", by=user, of=begun, detail={"department": department.pk, "until": until})
    return begun


def on_round(*, session: StaffSession, user: User, department_id: int) -> bool:
    """Whether the PIN entered on this round still stands for that ward."""
    if session.user_id != user.pk or session.is_locked(now()):
        return False
    return Round.objects.filter(
        session=session, user=user, department_id=department_id, until__gt=now()
    ).exists()


@transaction.atomic
def end_rounds(*, session: StaffSession) -> None:
    """The round is over: the screen was locked, or the person says so."""
    Round.objects.filter(session=session).delete()
