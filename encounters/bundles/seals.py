"""The facility's seal on a file, and whether signatures hold. Both are the business of a house above; it says here how."""

from collections.abc import Callable
from dataclasses import dataclass, field

from emr.accounts.models import Organization, User
from encounters.bundles.models import Bundle


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed PDF, and whether with a timestamp ("B-T") or without ("B-B")."""

    pdf: bytes
    level: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said of a PDF's signatures. `verdict`: valid, unknown, unsigned or invalid; `problems` in words."""

    verdict: str
    signers: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Keeper:
    """`demand` raises Later while the facility's seal can't be used; `put` seals a PDF at the place of that name with those
    words as the reason (slow, changes nothing); `note` writes down, in the transaction that keeps the file, that the seal
    was used.
    """

    demand: Callable[[Organization], None]
    put: Callable[[Organization, bytes, str, str], SealedFile]
    note: Callable[[Bundle, User, SealedFile], None]


Judge = Callable[[bytes], Judged]
_keepers: list[Keeper] = []
_judges: list[Judge] = []


def register_keeper(keeper: Keeper) -> None:
    """Called by the room that seals, in AppConfig.ready(); again replaces it."""
    _keepers[:] = [keeper]


def register_judge(judge: Judge) -> None:
    """Called by the room that verifies, in AppConfig.ready(); again replaces it."""
    _judges[:] = [judge]


def keeper() -> Keeper:
    """Who seals."""
    return _keepers[0]


def judge(pdf: bytes) -> Judged:
    """Whether the signatures in these bytes hold."""
    return _judges[0](pdf)
