"""Who is told what of a record: a return to its doctor, a result that comes after closing to doctor and planning office."""

from django.utils.translation import gettext_lazy as _

from emr.accounts.models import User
from emr.notices.kinds import TOLD, Answer, Kind, Level, Step, register_kind
from emr.notices.services import Holders, notify
from encounters.records.models import RecordEvent
from encounters.visits.models import Encounter

RETURNED, LATE = "records.returned", "records.late_result"


def register() -> None:
    """Called when the room is ready."""
    register_kind(
        Kind(
            code=RETURNED,
            title=_("Record %(number)s was given back"),
            body=_("See what is to be corrected, then complete the record again."),
            level=Level.ATTENTION,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD, ()),),
        )
    )
    register_kind(
        Kind(
            code=LATE,
            title=_("A result came to the closed record %(number)s"),
            body=_(
                "It is kept with the record, marked as late. Read it; where it changes something, have the record reopened."
            ),
            level=Level.ATTENTION,
            answer=Answer.NONE,
            ladder=(Step(0, TOLD, ()),),
        )
    )


def _tell(kind: str, key: str, stay: Encounter, to: "list[User | Holders]") -> None:
    notify(
        kind=kind,
        key=key,
        facility=stay.facility,
        to=to,
        parameters={"number": stay.admission_number or stay.identifier},
        about=stay,
        link=("encounters:records:record", stay.uuid),
    )


def doctor_of(stay: Encounter) -> list[User]:
    """Who completed the record last; before that nobody."""
    last = (
        RecordEvent.objects.filter(encounter=stay, verb="complete")
        .select_related("by")
        .order_by("-at", "-pk")
        .first()
    )
    return [last.by] if last else []


def tell_returned(stay: Encounter, event: RecordEvent) -> None:
    """The doctor learns that the record came back."""
    _tell(RETURNED, f"{RETURNED}:{event.pk}", stay, [*doctor_of(stay)])


def tell_late_result(stay: Encounter, report_id: int) -> None:
    """Doctor and planning office learn of a result that came after closing."""
    _tell(LATE, f"{LATE}:{report_id}", stay, [*doctor_of(stay), Holders("planning", stay.facility)])
