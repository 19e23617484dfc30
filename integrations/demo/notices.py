"""What the demo's people find under the bell, and how they would be reached."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization, User
from emr.common.clock import now
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.models import Contact
from emr.notices.services import notify

WELCOME = "demo.welcome"
TOLD_FIRST = ("quantri", "tichhop", "truongkhoa", "ddtruong", "kiemtoan")
REACHED = ("quantri", "tichhop", "truongkhoa", "giamdoc")


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=WELCOME,
            title=_("The demo hospital is ready: try the bell"),
            body=_("Real notices look like this one: late backups, dead letters, later critical results."),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )


def tell(facility: Organization, people: dict[str, User]) -> None:
    """One open notice for some; made-up addresses and quiet nights for others."""
    for number, username in enumerate(REACHED):
        Contact.objects.get_or_create(
            user=people[username],
            defaults={
                "email": f"{username}@example.vn",
                "phone": f"+8490000010{number}",
                # Some have confirmed what they gave; the first one's telephone waits.
                "email_confirmed_at": now(),
                "phone_confirmed_at": now() if number else None,
                "quiet_from": dt.time(22),
                "quiet_until": dt.time(6),
            },
        )
    notify(
        kind=WELCOME,
        key=WELCOME,
        facility=facility,
        to=[people[username] for username in TOLD_FIRST],
        link=("ui:home",),
    )
