"""Who signed what. Signatures are made in a house above; it says here how to ask it."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignedBy:
    """One signature that stands in a version's PDF: name with title, in what capacity, when."""

    name: str
    capacity: str
    at: dt.datetime


# {version's id: its signatures in their order}; versions without any may be left out. One query however many are asked.
SignaturesOf = Callable[[Collection[int]], dict[int, list[SignedBy]]]
_registered: list[SignaturesOf] = []


def register_signatures(signatures: SignaturesOf) -> None:
    """Called by the room that keeps signatures, in AppConfig.ready(); again replaces it."""
    _registered[:] = [signatures]


def signatures_of(version_ids: Collection[int]) -> dict[int, list[SignedBy]]:
    """The signatures of these versions."""
    return _registered[0](version_ids) if _registered and version_ids else {}
