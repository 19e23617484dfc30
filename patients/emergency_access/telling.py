"""Who is told that the glass was broken: the department's head and the auditors, at once (R-34)."""

from django.utils.translation import gettext_lazy as _

from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify, withdraw
from patients.emergency_access.models import EmergencyAccess

OPENED = "emergency_access.opened"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=OPENED,
            title=_("Emergency access to a chart, by %(who)s"),
            body=_("To be reviewed by %(due)s: was it needed?"),
            level=Level.ATTENTION,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD, ("email", "sms", "chat")),),
        )
    )


def tell_of(access: EmergencyAccess) -> None:
    """In the transaction that opens the chart."""
    facility = access.facility
    heads = [Holders("head_of_department", access.department)] if access.department else []
    notify(
        kind=OPENED,
        key=_key(access),
        facility=facility,
        to=[*heads, Holders("auditor", facility)],
        parameters={"who": access.user.full_name, "due": f"{access.review_due_on:%d/%m/%Y}"},
        department=access.department,
        about=access,
        link=("patients:emergency_access:reviews",),
        by=access.user,
    )


def take_back(access: EmergencyAccess) -> None:
    """It has been reviewed."""
    withdraw(facility=access.facility, key=_key(access))


def _key(access: EmergencyAccess) -> str:
    return f"{OPENED}:{access.pk}"
