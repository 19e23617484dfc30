"""Who is told that somebody stands in: the head of the department that is covered."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import CoverDuty
from emr.notices.kinds import Kind, Level, register_kind
from emr.notices.services import Holders, notify

COVERED = "cover_duty.started"


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
