"""The kinds of what doesn't fit, with what helps; and the matters that are counted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise


class Group(StrEnum):
    """What is wrong with a finding, in a word."""

    ORPHAN = "orphan"
    LATE = "late"
    DOUBLED = "doubled"


GROUPS: dict[Group, StrOrPromise] = {
    Group.ORPHAN: _("Without a counterpart"),
    Group.LATE: _("Late"),
    Group.DOUBLED: _("Doubled"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding."""

    group: Group
    title: StrOrPromise
    advice: StrOrPromise


RESULT_WITHOUT_ORDER = "result-without-order"
ORDER_NOT_TOLD = "order-not-told"
ORDER_NOT_TAKEN = "order-not-taken"
STAY_NOT_HERE = "stay-not-here"
STAY_NOT_TOLD = "stay-not-told"
DEAD_LETTER = "dead-letter"
WAITING = "waiting"
ORDER_UNANSWERED = "order-unanswered"
APPLIED_LATE = "applied-late"
ORDER_TWICE = "order-twice"
RESULT_TWICE = "result-twice"
PERSON_TWICE = "person-twice"

KINDS: dict[str, Kind] = {
    RESULT_WITHOUT_ORDER: Kind(
        Group.ORPHAN,
        _("Result without an order of ours"),
        _("It stands on the patient's chart. Ask the laboratory which order number it had (OBR-2)."),
    ),
    ORDER_NOT_TOLD: Kind(
        Group.ORPHAN,
        _("Order that its performer was never told of"),
        _("Was its channel shut at that time? The order has to be placed again, or told by phone."),
    ),
    ORDER_NOT_TAKEN: Kind(
        Group.ORPHAN,
        _("Order sent, not acknowledged"),
        _("It waits to be sent, or was set aside. Is the neighbour there?"),
    ),
    STAY_NOT_HERE: Kind(
        Group.ORPHAN,
        _("Stay of the HIS that isn't here"),
        _("See what became of the message; ask the HIS to send the admission again."),
    ),
    STAY_NOT_TOLD: Kind(
        Group.ORPHAN,
        _("Open stay that the HIS hasn't spoken of"),
        _("Is it in the HIS, under another visit number? Else register it there."),
    ),
    DEAD_LETTER: Kind(
        Group.ORPHAN,
        _("Message that needs a person"),
        _("Open it: what helps stands there. Then replay it, or set it aside with the reason."),
    ),
    WAITING: Kind(
        Group.ORPHAN,
        _("Message still waiting"),
        _("Is the worker running? Is the channel open, the neighbour there?"),
    ),
    ORDER_UNANSWERED: Kind(
        Group.LATE,
        _("Order sent, no result in time"),
        _("Ask who performs it. Where they don't have it, send it again from the message."),
    ),
    APPLIED_LATE: Kind(
        Group.LATE,
        _("Message applied late"),
        _("It is in the record. Look for what held it up: the worker, a missing code, a message before it."),
    ),
    ORDER_TWICE: Kind(
        Group.DOUBLED,
        _("Order number placed twice"),
        _("Ask the HIS whether it is one order or two; two need two numbers."),
    ),
    RESULT_TWICE: Kind(
        Group.DOUBLED,
        _("Two results of one order that differ"),
        _("Neither was sent as a correction. Have the laboratory say which one holds."),
    ),
    PERSON_TWICE: Kind(
        Group.DOUBLED,
        _("One citizen number, two patients"),
        _("One person registered twice, or a number typed wrong: medical records merges, or corrects it."),
    ),
}


class Matter(StrEnum):
    """What is counted on both sides."""

    MESSAGE = "message"
    PATIENT = "patient"
    STAY = "stay"
    ORDER = "order"
    ORDER_OUT = "order-out"
    RESULT = "result"


MATTERS: dict[Matter, StrOrPromise] = {
    Matter.MESSAGE: pgettext_lazy("reconciliation", "Messages from there: received / used"),
    Matter.PATIENT: pgettext_lazy("reconciliation", "Patients: told / known here"),
    Matter.STAY: pgettext_lazy("reconciliation", "Stays and visits: told / here"),
    Matter.ORDER: pgettext_lazy("reconciliation", "Orders from there: told / here"),
    Matter.ORDER_OUT: pgettext_lazy("reconciliation", "Our orders: sent / acknowledged"),
    Matter.RESULT: pgettext_lazy("reconciliation", "Results: told / on the chart"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that doesn't fit. `number` is what people know it by; no name, no value, no whole citizen number."""

    kind: str
    # Whose matter it is; "" is this record itself.
    neighbour: str
    # The same thing has the same key as long as it is there.
    key: str
    number: str
    at: datetime
    words: StrOrPromise = ""
    message: UUID | None = None
    letter: UUID | None = None
    # Delivered, and may be sent once more.
    may_resend: bool = False
    stay_id: int | None = None

    @property
    def title(self) -> StrOrPromise:
        """The kind in words."""
        return KINDS[self.kind].title

    @property
    def id(self) -> tuple[str, str, str]:
        """What tells it apart among a day's findings."""
        return self.kind, self.neighbour, self.key


@dataclass(frozen=True, slots=True)
class Cell:
    """One matter of one system: how many were told, how many of them are here."""

    told: int
    here: int

    @property
    def missing(self) -> int:
        """Those that aren't."""
        return self.told - self.here
