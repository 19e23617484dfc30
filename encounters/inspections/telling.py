"""An answer that is owed tomorrow: who prepared the mandate and the planning office are told (R-35)."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import local_today
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify, withdraw
from emr.notices.watches import register_watch
from encounters.inspections.models import Mandate
from encounters.inspections.selectors import OWED
from patients.emergency_access.services import working_days_after

DUE = "inspections.due"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=DUE,
            title=_("Inspection mandate %(number)s is due on %(due)s"),
            body=_(
                "The charts that were asked for are still not open: list them and have the mandate approved."
            ),
            level=Level.ATTENTION,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD, ("email",)),),
        )
    )
    register_watch("mandates", look)


def look() -> None:
    """Tell of what is owed on the next working day, or was owed already."""
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            for mandate in _soon_due(facility):
                _tell(mandate)


def _tell(mandate: Mandate) -> None:
    notify(
        kind=DUE,
        key=_key(mandate),
        facility=mandate.facility,
        to=[mandate.prepared_by, Holders("planning", mandate.facility)],
        parameters={"number": mandate.number, "due": f"{mandate.due_on:%d/%m/%Y}"},
        about=mandate,
        link=("encounters:inspections:mandate", mandate.uuid),
    )


def _soon_due(facility: Organization) -> QuerySet[Mandate]:
    tomorrow = working_days_after(local_today(), 1, facility.pk)
    return Mandate.objects.filter(OWED, facility=facility, due_on__lte=tomorrow).select_related(
        "prepared_by", "facility"
    )


def take_back(mandate: Mandate) -> None:
    """It has been answered or withdrawn."""
    withdraw(facility=mandate.facility, key=_key(mandate))


def _key(mandate: Mandate) -> str:
    return f"{DUE}:{mandate.pk}"
