"""Whose bed it is: shown by a scan of the wristband or by asking, and carried by every form that writes.

A form holds a proof for one person, one stay, one device's session at the bed. With another patient's proof, an old one or
none, nothing is written: the page of one patient can't write on another (S-52), and an entry that waited on a device
without a line still says when and how the patient was identified (S-54).
"""

import datetime as dt
from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.visits.models import Encounter

_SALT = "encounters.bedside.identity"
# How long a person stays at one bed; what was done later needs another scan.
AT_THE_BED = dt.timedelta(minutes=30)
# A nurse's device follows the server's clock to within seconds; more is a clock that was moved.
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=2)
# An entry may wait on the device for the line as long as this, and is refused in words after.
_MAY_WAIT = dt.timedelta(hours=24)


class NotIdentified(DomainError):
    """The form doesn't show whose bed it was written at."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How, and when, the patient was identified."""

    how: str
    at: dt.datetime


def prove(*, user: User, encounter: Encounter, how: str) -> str:
    """The proof for forms of this stay; `how` is a value of Execution.Identified."""
    told = {"u": user.pk, "e": encounter.pk, "h": how, "t": now().timestamp()}
    return signing.dumps(told, salt=_SALT, compress=True)


def is_valid(token: str, *, user: User, encounter: Encounter) -> bool:
    """Whether the proof still opens this stay's forms."""
    try:
        return now() - _read(token, user, encounter).at <= AT_THE_BED
    except NotIdentified:
        return False


def demand_identity(token: str, *, user: User, encounter: Encounter, happened_at: dt.datetime) -> Proof:
    """What the form shows; raises NotIdentified for another patient's or person's, an old one, or none."""
    proof = _read(token, user, encounter)
    if not proof.at - _CLOCKS_MAY_DIFFER <= happened_at <= proof.at + AT_THE_BED:
        raise NotIdentified(
            _("It is too long since the wristband was scanned: identify the patient again."),
            code="identify_again",
        )
    return proof


def _read(token: str, user: User, encounter: Encounter) -> Proof:
    if not token:
        raise NotIdentified(
            _("Scan the wristband, or ask for name and date of birth, first."), code="not_identified"
        )
    try:
        told = signing.loads(token, salt=_SALT, max_age=_MAY_WAIT)
    except signing.BadSignature as error:
        raise NotIdentified(
            _("It is too long since the wristband was scanned: identify the patient again."),
            code="identify_again",
        ) from error
    if told["u"] != user.pk:
        raise NotIdentified(
            _("Somebody else identified this patient: scan the wristband yourself."), code="other_person"
        )
    if told["e"] != encounter.pk:
        raise NotIdentified(
            _("WRONG PATIENT. The wristband that was scanned isn't %(name)s's: nothing was written.")
            % {"name": encounter.patient.full_name.upper()},
            code="wrong_patient",
        )
    return Proof(str(told["h"]), dt.datetime.fromtimestamp(told["t"], tz=dt.UTC))
