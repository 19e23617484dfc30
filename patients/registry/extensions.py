"""What rooms above hang on the registry's pages: keepers of card data, panels of the chart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from patients.registry.access import reaches
from patients.registry.cards import Card
from patients.registry.models import Patient

# Called in the transaction that registers or finds the patient, with the card that was scanned.
CardKeeper = Callable[[Patient, Card, User], None]
_keepers: dict[str, CardKeeper] = {}


def register_card_keeper(name: str, keep: CardKeeper) -> None:
    """Let a room keep what a scanned card says of its own matters (validity of the insurance, living area).

    The keeper checks its own right and does nothing without it.
    """
    _keepers[name] = keep


def keep_card(patient: Patient, card: Card, by: User) -> None:
    """Hand the card to every keeper."""
    for keep in _keepers.values():
        keep(patient, card, by)


# (who scans, the code whole) -> the address of the page to open, or "" when the room doesn't know it within their reach.
CodeReader = Callable[[User, str], str]
_readers: dict[str, CodeReader] = {}


def register_code_reader(name: str, read: CodeReader) -> None:
    """Let a room say what its own printed codes (a wristband's) open when they are scanned anywhere."""
    _readers[name] = read


def read_code(user: User, code: str) -> str:
    """The address that the first room to know the code gives, or ""."""
    return next((url for read in _readers.values() if (url := read(user, code))), "")


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """A card on the chart's first page, drawn with the page: `facts(patient, user)` gives `template` its context.

    One query at most, since the page must stay as quick with ten years of stays as with none.
    """

    title: StrOrPromise
    template: str
    facts: Callable[[Patient, User], dict[str, Any]]
    right: str
    icon: str = ""
    order: int = 50
    width: int = 6


_panels: dict[str, ChartPanel] = {}


def register_chart_panel(panel: ChartPanel) -> None:
    """Add the panel; the same template again replaces it."""
    _panels[panel.template] = panel


def chart_panels(patient: Patient, user: User) -> list[tuple[ChartPanel, dict[str, Any]]]:
    """The panels this person may see, with their facts."""
    allowed = [panel for panel in _panels.values() if user.has_right(panel.right)]
    if patient.is_restricted:
        # A right over the whole facility ends where the chart is kept closely.
        reached = {
            right: reaches(user, patient, right, with_emergency=True) for right in {p.right for p in allowed}
        }
        allowed = [panel for panel in allowed if reached[panel.right]]
    return [(panel, panel.facts(patient, user)) for panel in sorted(allowed, key=lambda p: p.order)]
