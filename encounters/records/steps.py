"""The life of a record as one table: which step leads from where to where, by which right, and who must be somebody else."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from encounters.records import permissions
from encounters.visits.codes import WRITABLE, RecordState

S = RecordState
CLOSED = tuple(state for state in RecordState if state not in WRITABLE)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `apart`: the steps of this round that mustn't have been the same person's; `asks`: reason or faults."""

    verb: str
    title: StrOrPromise
    done: StrOrPromise
    right: str
    before: tuple[RecordState, ...]
    after: RecordState
    apart: tuple[str, ...] = ()
    asks: str = ""
    icon: str = "check2-circle"


STEPS = {
    step.verb: step
    for step in (
        Step(
            "complete",
            _("Complete the record"),
            _("Completed by the doctor"),
            permissions.COMPLETE,
            (S.OPEN, S.RETURNED, S.REOPENED),
            S.COMPLETED,
        ),
        Step(
            "countersign",
            _("Countersign"),
            _("Countersigned"),
            permissions.COUNTERSIGN,
            (S.COMPLETED,),
            S.COUNTERSIGNED,
            apart=("complete",),
        ),
        Step(
            "give_back",
            _("Give back to the doctor"),
            _("Given back to the doctor"),
            permissions.COUNTERSIGN,
            (S.COMPLETED,),
            S.RETURNED,
            asks="reason",
            icon="arrow-counterclockwise",
        ),
        Step(
            "submit",
            _("Hand in to the planning office"),
            _("Handed in"),
            permissions.SUBMIT,
            (S.COUNTERSIGNED,),
            S.SUBMITTED,
            icon="send",
        ),
        Step(
            "accept",
            _("Accept the record"),
            _("Checked and accepted"),
            permissions.CHECK,
            (S.SUBMITTED,),
            S.ACCEPTED,
            apart=("complete", "countersign"),
        ),
        Step(
            "return",
            _("Return with faults"),
            _("Returned with faults"),
            permissions.CHECK,
            (S.SUBMITTED,),
            S.RETURNED,
            apart=("complete", "countersign"),
            asks="faults",
            icon="arrow-counterclockwise",
        ),
        Step(
            "archive",
            _("Archive"),
            _("Archived"),
            permissions.ARCHIVE,
            (S.ACCEPTED,),
            S.ARCHIVED,
            apart=("complete", "countersign"),
            icon="archive",
        ),
        Step(
            "reopen",
            _("Reopen the record"),
            _("Reopened"),
            permissions.REOPEN,
            CLOSED,
            S.REOPENED,
            asks="reason",
            icon="unlock",
        ),
    )
}
