"""Days that nobody has signed off: the integration staff is told, once for each last day."""

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.common import wall
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.watches import register_watch
from integrations.reconciling.services import UNSIGNED, tell_owed


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=UNSIGNED,
            title=_("Days to be reconciled with the neighbours: %(count)s, the first %(day)s"),
            body=_(
                "What the HIS, the laboratory and imaging systems told is compared with what is here. Look through what"
                " doesn't fit and sign the day off."
            ),
            level=Level.ATTENTION,
            answer=Answer.ONE,
            ladder=(Step(0, TOLD, ("email",)), Step(24 * 60, "admin", ("email",))),
        )
    )
    register_watch("reconciliation", look)


def look() -> None:
    """Ask each facility's days, on its own side of the wall."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            tell_owed(facility)
