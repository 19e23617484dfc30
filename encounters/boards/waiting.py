"""For whose signature documents wait. Signatures are asked for in a house above; it says here how to ask it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """Documents whose next signature is one person's: how many, and since when the first of them waits."""

    count: int
    since: dt.datetime | None


# (facility, departments of the documents or None for all) -> {person's id: what waits}; people for whom nothing waits are
# left out. One query.
WaitingBy = Callable[[int, frozenset[int] | None], dict[int, Waits]]
_registered: list[WaitingBy] = []


def register_waiting(waiting: WaitingBy) -> None:
    """Called by the room that asks for signatures, in AppConfig.ready(); again replaces it."""
    _registered[:] = [waiting]


def waiting_by(facility_id: int, departments: frozenset[int] | None) -> dict[int, Waits]:
    """What waits for whose signature."""
    return _registered[0](facility_id, departments) if _registered else {}
