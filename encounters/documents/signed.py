"""Who signed what. Signatures are made in a house above; it says here how to ask it."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from encounters.documents.models import DocumentVersion


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How the signatures of a version stand beside their being there."""

    # Verification didn't confirm them when it looked last.
    is_refused: bool = False
    # The facility's seal is among them, as a step of the form's chain.
    is_sealed: bool = False
    # Whose signatures are still asked for: ids of persons.
    waits_for: tuple[int, ...] = ()


# {version's id: its standing}; versions of which there is nothing to say are left out. The versions come as a query; as
# many queries of its own for a thousand as for one.
StandingsOf = Callable[[QuerySet[DocumentVersion]], dict[int, Standing]]
_standings: list[StandingsOf] = []


def register_standings(standings: StandingsOf) -> None:
    """Called by the room that knows how signatures stand, in AppConfig.ready(); again replaces it."""
    _standings[:] = [standings]


def standings_of(versions: QuerySet[DocumentVersion]) -> dict[int, Standing]:
    """How the signatures of these versions stand."""
    return _standings[0](versions) if _standings else {}


@dataclass(frozen=True, slots=True)
class Waits:
    """Documents whose next signature is one person's: how many, and since when the first of them waits."""

    count: int
    since: dt.datetime | None


# (facility, departments of the documents or None for all) -> {person's id: what waits}; people for whom nothing waits are
# left out. One query.
WaitingBy = Callable[[int, frozenset[int] | None], dict[int, Waits]]
_waiting: list[WaitingBy] = []


def register_waiting(waiting: WaitingBy) -> None:
    """Called by the room that asks for signatures, in AppConfig.ready(); again replaces it."""
    _waiting[:] = [waiting]


def waiting_by(facility_id: int, departments: frozenset[int] | None) -> dict[int, Waits]:
    """For whose signature how much waits."""
    return _waiting[0](facility_id, departments) if _waiting else {}
