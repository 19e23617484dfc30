"""Who is told that somebody stands in, and that a setting which guards the house was changed."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import CoverDuty, FacilitySetting, Organization, User
from emr.common.clock import now
from emr.notices.kinds import TOLD, Kind, Level, Step, register_kind
from emr.notices.selectors import people_of
from emr.notices.services import Holders, notify

COVERED = "cover_duty.started"
CHANGED = "setting.changed"
_LONGEST = 120


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=COVERED,
            title=_("%(who)s stands in for %(department)s until %(until)s"),
            body=_("Begun by the person alone; look through it when you are back."),
            level=Level.INFO,
        )
    )
    register_kind(
        Kind(
            code=CHANGED,
            title=_("%(who)s has changed a setting: %(what)s"),
            body=_("It was: %(old)s. It is now: %(new)s. If nobody agreed on that, ask."),
            level=Level.ATTENTION,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )


def tell_of_cover(*, cover_duty_id: int) -> None:
    """Twice equals once."""
    duty = CoverDuty.objects.select_related("facility", "user", "department").get(pk=cover_duty_id)
    notify(
        kind=COVERED,
        key=f"{COVERED}:{duty.pk}",
        facility=duty.facility,
        to=[Holders("head_of_department", duty.department)],
        parameters={
            "who": duty.user.full_name,
            "department": duty.department.name,
            "until": f"{timezone.localtime(duty.ends_at):%H:%M %d/%m}",
        },
        department=duty.department,
        about=duty,
        link=("accounts:cover_duties",),
        by=duty.user,
    )


def tell_of_setting(
    *,
    facility: Organization,
    name: str,
    told: dict[str, str],
    about: FacilitySetting | None,
    by: User,
    version: int,
) -> None:
    """In the transaction that changes it; whoever changed it knows already, and is told nothing."""
    others = [user for user in people_of([Holders("admin", facility)]) if user.pk != by.pk]
    if not others:
        return
    parameters = {"who": by.full_name, **told}
    notify(
        kind=CHANGED,
        key=f"{CHANGED}:{name}:{version}:{now().timestamp()}"[:120],
        facility=facility,
        to=others,
        parameters={key: _short(value) for key, value in parameters.items()},
        about=about,
        link=("staff:settings",),
        by=by,
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
