"""Whose wristband was scanned last, on this device: a label counts for that patient alone, and not for ever."""

import datetime as dt

from emr.common.clock import now
from emr.common.http import StaffRequest
from encounters.visits.models import Encounter

_KEPT = "wristband"
_MINUTES = 15


def remember_wristband(request: StaffRequest, stay: Encounter) -> None:
    """The wristband was scanned now."""
    request.session[_KEPT] = {"stay": str(stay.uuid), "at": now().isoformat()}


def has_wristband(request: StaffRequest, stay: Encounter) -> bool:
    """Whether the last wristband that was scanned is this stay's, not long ago."""
    kept = request.session.get(_KEPT) or {}
    if kept.get("stay") != str(stay.uuid):
        return False
    return now() - dt.datetime.fromisoformat(kept["at"]) <= dt.timedelta(minutes=_MINUTES)
