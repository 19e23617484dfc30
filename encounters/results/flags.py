"""What a value means: the flag that came with it, or the one that its range gives; what must be told at once."""

from decimal import Decimal

from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from encounters.results.analytes import BY_LOINC
from encounters.results.facts import ValueFacts
from encounters.results.units import plain_unit

# HL7 v2 table 0078. Beside the word a sign: what a colour says is said twice (never colour alone).
WORDS: dict[str, tuple[str, StrOrPromise]] = {
    "LL": ("↓↓", pgettext_lazy("flag", "critically low")),
    "HH": ("↑↑", pgettext_lazy("flag", "critically high")),
    "L": ("↓", pgettext_lazy("flag", "low")),
    "H": ("↑", pgettext_lazy("flag", "high")),
    "<": ("↓", pgettext_lazy("flag", "below what the device measures")),
    ">": ("↑", pgettext_lazy("flag", "above what the device measures")),
    "A": ("!", pgettext_lazy("flag", "abnormal")),
    "AA": ("!!", pgettext_lazy("flag", "critically abnormal")),
    "POS": ("+", pgettext_lazy("flag", "positive")),
    "DET": ("+", pgettext_lazy("flag", "detected")),
    "NEG": ("−", pgettext_lazy("flag", "negative")),
    "ND": ("−", pgettext_lazy("flag", "not detected")),
    "IND": ("?", pgettext_lazy("flag", "indeterminate")),
    "S": ("S", pgettext_lazy("flag", "susceptible")),
    "I": ("I", pgettext_lazy("flag", "intermediate")),
    "R": ("R", pgettext_lazy("flag", "resistant")),
    "N": ("", pgettext_lazy("flag", "normal")),
}
CRITICAL = frozenset({"HH", "LL", "AA"})
ABNORMAL = CRITICAL | frozenset({"H", "L", "A", "<", ">", "POS", "DET", "IND"})


def _compare(number: Decimal, comparator: str, low: Decimal | None, high: Decimal | None) -> str:
    """L, H, N, or "" where "<5" against a range from 3 says nothing."""
    if comparator.startswith("<"):
        below = low is not None and (number <= low if comparator == "<" else number < low)
        return "L" if below else "N" if low is None and high is not None and number <= high else ""
    if comparator.startswith(">"):
        above = high is not None and (number >= high if comparator == ">" else number > high)
        return "H" if above else "N" if high is None and low is not None and number >= low else ""
    if low is not None and number < low:
        return "L"
    if high is not None and number > high:
        return "H"
    return "N" if low is not None or high is not None else ""


Limits = tuple[Decimal | None, Decimal | None]


def limits_of(value: ValueFacts) -> Limits:
    """From where on the value must be told at once, for a LOINC code that we know in a unit that we know; for adults."""
    analyte = BY_LOINC.get(value.loinc)
    if analyte is None:
        return (None, None)
    known = {plain_unit(analyte.unit), plain_unit(analyte.ucum)}
    given = {plain_unit(unit) for unit in (value.ucum, value.unit) if unit} or {""}
    return (analyte.low, analyte.high) if given & known else (None, None)


def computed_flag(value: ValueFacts, limits: Limits | None = None) -> str:
    """The flag that the range gives a number without one; "" where nothing can be said. `limits`: the patient's own."""
    if value.number is None:
        return ""
    critical = _compare(value.number, value.comparator, *(limits or limits_of(value)))
    if critical in {"L", "H"}:
        return critical * 2
    return _compare(value.number, value.comparator, value.low, value.high)


def is_critical(value: ValueFacts, flag: str, limits: Limits | None = None) -> bool:
    """Flagged so by the sender, or beyond the limits of the house whatever the sender thinks of it."""
    if flag in CRITICAL:
        return True
    if value.number is None:
        return False
    return _compare(value.number, value.comparator, *(limits or limits_of(value))) in {"L", "H"}
