"""What is told of an act at the bed, and how it is refused."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.medicines.models import GivingConflict, MedicationAdministration
from encounters.visits.models import Encounter

_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)


class WrongPatient(DomainError):
    """The label is another patient's."""


class AlreadyAnswered(Conflict):
    """Somebody else's answer stands; `standing` is theirs."""

    def __init__(self, standing: MedicationAdministration) -> None:
        self.standing = standing
        told = {
            "name": standing.performer.full_name,
            "time": f"{timezone.localtime(standing.happened_at):%H:%M %d/%m}",
            "what": str(standing.get_status_display()),
        }
        super().__init__(
            _("This dose was answered already: %(what)s, %(name)s at %(time)s. Don't give it again.") % told,
            code="answered",
        )


class NeedsWitness(DomainError):
    """A high-alert medicine: a second nurse identifies themselves, then the same is sent again.

    `amount` is what both look at: sent with the second word, so that a value measured meanwhile changes nothing unseen.
    """

    def __init__(self, words: str, amount: Decimal) -> None:
        self.amount = amount
        super().__init__(words, code="needs_witness", field="witness")


class Kept(Conflict):
    """It came from a device and can't stand: `conflict` keeps it until somebody settles it."""

    def __init__(self, conflict: GivingConflict) -> None:
        self.conflict = conflict
        super().__init__(
            _("Kept to be settled: %(why)s.") % {"why": str(conflict.get_why_display())}, code="kept"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a device says of one act: its own key, when it happened and when it was sent by its clock (None: now)."""

    key: UUID
    happened_at: dt.datetime | None = None
    sent_at: dt.datetime | None = None
    is_replay: bool = False

    @property
    def true_at(self) -> dt.datetime:
        """When it happened by the server's clock: a device that runs ahead or behind is known by when it says it sends."""
        arrived = now()
        if self.happened_at is None:
            return arrived
        if self.sent_at is None:
            return self.happened_at
        return min(self.happened_at + (arrived - self.sent_at), arrived)


def demand_possible(at: dt.datetime, stay: Encounter) -> None:
    """Raise DomainError `future` or `before_stay` where nothing can have been done at that time."""
    if at > now() + _CLOCKS_MAY_DIFFER:
        raise DomainError(_("This time lies in the future."), code="future", field="at")
    if at < stay.started_at:
        raise DomainError(_("This time lies before the stay."), code="before_stay", field="at")


def in_its_minute(at: dt.datetime, bound: dt.datetime) -> dt.datetime:
    """A time is typed without its seconds: one in the minute of `bound` isn't before it."""
    return max(at, bound) if at >= bound.replace(second=0, microsecond=0) else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How a dose was given. `amount` in the dose's unit, None: all of it."""

    amount: Decimal | None = None
    how: str = MedicationAdministration.How.SCAN
    hand_reason: str = ""
    site: str = ""
    batch: str = ""
    expires_on: dt.date | None = None
    gtin: str = ""
    serial: str = ""
    rate: str = ""
    note: str = ""
    # The package's code in brackets, for the page that asks for a second nurse; what it says stands above.
    package: str = ""
