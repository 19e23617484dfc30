"""What rooms above hang on the registry's pages: keepers of card data, panels of the chart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from patients.registry.access import reaches
from patients.registry.cards import Card
from patients.registry.models import Patient
from patients.registry.subjects import patients_with_number

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


# (facility id, the number whole) -> ids of the patients who have it, for rooms that know more numbers than the registry.
ExactNumber = Callable[[int, str], Iterable[int]]
_exact: dict[str, ExactNumber] = {"registry": patients_with_number}


def register_exact_number(name: str, find: ExactNumber) -> None:
    """Let a room say whose a whole number is (treatment code, admission number)."""
    _exact[name] = find


# (who asks, a patient outside their reach) -> a mark for the template, "" when there is nothing to offer.
OutsideOffer = Callable[[User, Patient], str]
_offers: dict[str, OutsideOffer] = {}


def register_outside_offer(template: str, offer: OutsideOffer) -> None:
    """Let a room offer something where an exact number is a patient's whom the person doesn't reach."""
    _offers[template] = offer


def outside_offers(user: User, number: str = "", patient: Patient | None = None) -> list[tuple[str, str]]:
    """(template, mark) for the patient outside the person's reach with exactly this number, or this very patient.

    A name never leads here, nor the beginning of a number: that somebody is a patient isn't to be guessed.
    """
    if not _offers:
        return []
    if patient is None and number:
        ids = [pk for find in _exact.values() for pk in find(user.facility_id, number)]
        found = Patient.objects.filter(pk__in=ids, facility_id=user.facility_id)
        patient = found.select_related("merged_into").order_by("pk").first()
    if patient is None or reaches(user, patient, with_emergency=True):
        return []
    return [(template, mark) for template, offer in _offers.items() if (mark := offer(user, patient))]


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
