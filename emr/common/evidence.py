"""What shows, at this moment, how far a requirement of law is met: each room says it of what it owns, in `compliance.py`.

    @evidence("R-24")
    def states(facility: Organization) -> Evidence: ...

A requirement may have several pieces, from several rooms. `emr.compliance` lists the requirements and asks; an id that it
doesn't list is refused by a test.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

if TYPE_CHECKING:
    from emr.accounts.models import Organization


class State(models.TextChoices):
    """How far a requirement is met, best first. NOT_BUILT: the program shows nothing of it."""

    MET = "met", pgettext_lazy("requirement", "Met")
    PARTLY = "partly", pgettext_lazy("requirement", "Partly")
    NOT_MET = "not_met", pgettext_lazy("requirement", "Not met")
    NOT_BUILT = "not_built", pgettext_lazy("requirement", "No evidence yet")


_WORST_FIRST = (State.NOT_MET, State.PARTLY, State.MET)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, day or word that anybody can look up: `url_name` names a page without parameters."""

    label: StrOrPromise
    value: int | str | dt.date | None
    url_name: str = ""

    @property
    def shown(self) -> str:
        """The value as staff write it: `dd/MM/yyyy`, "–" where there is none."""
        if isinstance(self.value, dt.datetime):
            return f"{timezone.localtime(self.value):%d/%m/%Y %H:%M}"
        if isinstance(self.value, dt.date):
            return f"{self.value:%d/%m/%Y}"
        return "–" if self.value is None or self.value == "" else str(self.value)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one room shows of a requirement: how far it is met, why so, and the facts."""

    state: State
    words: StrOrPromise
    facts: Sequence[Fact] = ()


# Of a facility; a few queries, as many for a large one as for a small one. The caller works within the facility's wall.
Show = Callable[["Organization"], Evidence]
_shown: dict[str, dict[str, Show]] = {}


def evidence(*requirements: str) -> Callable[[Show], Show]:
    """Let this function show something of these requirements; imported twice it shows once."""

    def register(show: Show) -> Show:
        for requirement in requirements:
            _shown.setdefault(requirement, {})[f"{show.__module__}.{show.__qualname__}"] = show
        return show

    return register


def registered() -> dict[str, dict[str, Show]]:
    """{requirement: {piece: function}}."""
    return _shown


def gathered(requirement: str, facility: "Organization") -> Evidence:
    """All pieces as one: the worst state, everybody's words and facts; NOT_BUILT without any."""
    pieces = [show(facility) for show in _shown.get(requirement, {}).values()]
    if not pieces:
        return Evidence(State.NOT_BUILT, "")
    state = next(state for state in _WORST_FIRST if any(piece.state == state for piece in pieces))
    words = " ".join(str(piece.words) for piece in pieces)
    return Evidence(state, words, [fact for piece in pieces for fact in piece.facts])


def met_when(is_met: bool, *, begun: bool = True) -> State:
    """MET, else PARTLY where something of it is there, else NOT_MET."""
    if is_met:
        return State.MET
    return State.PARTLY if begun else State.NOT_MET
