"""Everybody is told once of rules that they are to read."""

from django.utils.translation import gettext_lazy as _

from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import notify, withdraw
from encounters.switching.models import Regulation
from encounters.switching.selectors import staff_who_read

ISSUED = "regulation.issued"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=ISSUED,
            title=_("Rules for electronic records: %(number)s"),
            body=_("In force from %(since)s. Read them and say so."),
            level=Level.INFO,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD),),
        )
    )


def tell(regulation: Regulation) -> None:
    """Tell whom the rules concern, in the transaction that keeps them; of the version before nobody is told any more."""
    withdraw(facility=regulation.facility, key=_key(regulation.version - 1))
    notify(
        kind=ISSUED,
        key=_key(regulation.version),
        facility=regulation.facility,
        to=list(staff_who_read(regulation.facility_id)),
        parameters={"number": regulation.number, "since": f"{regulation.begins_on:%d/%m/%Y}"},
        link=("encounters:switching:regulation",),
    )


def _key(version: int) -> str:
    return f"{ISSUED}:{version}"
