"""When the facility sealed a confirmation. Seals are made in a house above; it says here how to ask it."""

import datetime as dt
from collections.abc import Callable, Collection

# {confirmation's id: when it was sealed}; those that wait are left out. One query however many are asked.
SealsOf = Callable[[Collection[int]], dict[int, dt.datetime]]
_registered: list[SealsOf] = []


def register_seals(seals: SealsOf) -> None:
    """Called by the room that seals, in AppConfig.ready(); again replaces it."""
    _registered[:] = [seals]


def seals_of(confirmation_ids: Collection[int]) -> dict[int, dt.datetime]:
    """When these were sealed."""
    return _registered[0](confirmation_ids) if _registered and confirmation_ids else {}
