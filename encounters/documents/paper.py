"""Forms that stand in the record as paper: checked and sealed pages. The room of scanned paper says which."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PaperDocument:
    """One form on paper: the form's code, the day it is of (None: nobody said), its public id."""

    code: str
    day: dt.date | None
    uuid: UUID


# {stay's id: its paper}; stays without any may be left out. One query however many are asked.
PaperOf = Callable[[Collection[int]], dict[int, list[PaperDocument]]]
_registered: list[PaperOf] = []


def register_paper(paper: PaperOf) -> None:
    """Called by the room that keeps scanned paper, in AppConfig.ready(); again replaces it."""
    _registered[:] = [paper]


def paper_of(encounter_ids: Collection[int]) -> dict[int, list[PaperDocument]]:
    """The checked and sealed paper of these stays."""
    return _registered[0](encounter_ids) if _registered and encounter_ids else {}
