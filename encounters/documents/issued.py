"""Forms that leave the house under a number of their own. The room above gives the number and says how a paper stands."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emr.accounts.models import User
from encounters.documents.models import Document


@dataclass(frozen=True, slots=True)
class Standing:
    """How a paper stands, for anybody who holds a print; `copy_number` counts from 1 where it was issued again."""

    title: str
    number: str
    issued_at: dt.datetime | None
    copy_number: int
    state: str
    stands: bool
    valid_until: dt.date | None
    replaced_by: str


@dataclass(frozen=True, slots=True)
class Issuing:
    """What the room above does: `give_number(document, answers, by)` in the transaction that freezes, before the version is
    made; `demand_amendable(document)` raises DomainError for what was issued; `standing_of(document)`.
    """

    give_number: Callable[[Document, dict[str, Any], User], None]
    demand_amendable: Callable[[Document], None]
    standing_of: Callable[[Document], Standing | None]


_issuing: dict[str, Issuing] = {}


def register_issuing(code: str, issuing: Issuing) -> None:
    """Forms of that code are numbered; called in AppConfig.ready(), again replaces it."""
    _issuing[code] = issuing


def issuing_of(code: str) -> Issuing | None:
    """Who numbers forms of that code."""
    return _issuing.get(code)


def standing_of(document: Document) -> Standing | None:
    """How the paper stands; None for a document that isn't one."""
    issuing = issuing_of(document.code)
    return issuing.standing_of(document) if issuing is not None else None
