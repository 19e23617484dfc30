"""What stands in a record besides its documents. Rooms below say what is theirs; files are taken as they are."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from emr.storage.models import Attachment
from encounters.documents.signed import SignedBy
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Piece:
    """A kept file that belongs to a stay: a checked page of paper, a report sent as PDF.

    `flag` is "paper" for pages of paper, else ""; `part` a name of `encounters/bundles/order.py`, "": by the form's code;
    `signers`: whose signature or seal stands in the file itself.
    """

    uuid: str
    code: str
    title: str
    at: dt.datetime
    attachment: Attachment
    part: str = ""
    flag: str = ""
    signers: tuple[SignedBy, ...] = ()


PiecesOf = Callable[[Encounter], list[Piece]]
_registered: dict[str, PiecesOf] = {}


def register_pieces(name: str, pieces: PiecesOf) -> None:
    """Called by a room in AppConfig.ready(); the same name again replaces it. As many queries however many pieces."""
    _registered[name] = pieces


def pieces_of(encounter: Encounter) -> list[Piece]:
    """All pieces of the stay."""
    return [piece for pieces in _registered.values() for piece in pieces(encounter)]
