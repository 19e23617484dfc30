"""A medicine as doctors write it on one line: "amox 500 2x3 5n", "para 500 1v x3 PRN sốt". Pure text, no database.

    name and strength   dose x times   days   route   hours   meals   PRN and why

The dose may name its unit ("1v", "2 ống"), a half is "0,5" or "1/2"; "5n" is five days; hours are "8h 20h"; "ta" and "sa"
are before and after meals; everything after PRN (or "khi cần") says what it is needed for. A taper goes on with "> 6v 3n";
an amount by a measured value is "thang <8:0 8-12:2 >12:4" in the place of the dose; "ngưng nếu mạch <60" says what forbids
it; "trước mổ 60p" is once, within an hour before surgery.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.common.vietnamese import fold, tidy
from encounters.orders.regimens import (
    HOLD,
    RANGE,
    Hold,
    Scale,
    TaperStep,
    checked_steps,
    parse_holds,
    parse_scale,
    total_days,
)

LONGEST = 200
MOST_TIMES, MOST_DAYS = 24, 90

_NUMBER = r"(?:\d{1,5}(?:[.,]\d{1,3})?|\d{1,2}/\d{1,2})"
# What people write for a unit of dose: code of system dose-unit.
UNITS = {
    "v": "vien", "vien": "vien",
    "o": "ong", "ong": "ong",
    "l": "lo", "lo": "lo",
    "g": "goi", "goi": "goi",
    "chai": "chai", "tui": "tui", "tuyp": "tuyp", "but": "but", "mieng": "mieng", "giot": "giot",
    "nhat": "nhat", "xit": "nhat",
    "ml": "mL", "mg": "mg", "mcg": "ug", "ui": "U", "iu": "IU",
}  # fmt: skip
ROUTES = {
    "po": "PO", "uong": "PO",
    "sl": "SL",
    "iv": "IV", "tmc": "IV", "tm": "IV",
    "ttm": "IVI", "ivi": "IVI",
    "btd": "IVP",
    "im": "IM", "tb": "IM",
    "sc": "SC", "tdd": "SC",
    "kd": "NEB", "neb": "NEB",
    "boi": "TP",
    "dhm": "PR", "pr": "PR",
    "sonde": "NG",
}  # fmt: skip
MEALS = {"ta": "before", "ac": "before", "sa": "after", "pc": "after"}
_MEAL_WORDS = (
    (re.compile(r"\btruoc (?:bua )?an\b"), "before"),
    (re.compile(r"\btrong (?:bua )?an\b"), "with"),
    (re.compile(r"\bsau (?:bua )?an\b"), "after"),
)
_PRN = re.compile(r"(?:^|\s)(?:prn|khi can)(?:\s+|$)")
_UNIT_WORDS = "|".join(sorted(UNITS, key=len, reverse=True))
# "2x3", "1v x3", "1/2 vien x 2": dose, unit, times.
_DOSE = re.compile(rf"(?:^|\s)({_NUMBER})\s*({_UNIT_WORDS})?\s*[x×*]\s*(\d{{1,3}})(?:\s*lan)?(?=\s|$)")
# "1v" alone, or "x3" alone: the other is not said.
_DOSE_ALONE = re.compile(rf"(?:^|\s)({_NUMBER})\s*(v|vien|o|ong|lo|goi|nhat|xit|giot)(?=\s|$)")
_TIMES_ALONE = re.compile(r"(?:^|\s)[x×]\s*(\d{1,3})(?:\s*lan)?(?=\s|$)")
_DAYS = re.compile(r"(?:^|\s)(\d{1,3})\s*(?:n|ngay|d)(?=\s|$)")
_HOURS = re.compile(r"(?:^|\s)((?:[01]?\d|2[0-3])h(?:[0-5]\d)?)(?=\s|$)")

_LATER_STEP = re.compile(
    rf"(?:^|\s)(?:>|roi)\s*({_NUMBER})\s*({_UNIT_WORDS})?\s+(\d{{1,3}})\s*(?:n|ngay|d)(?=\s|$|>)"
)
_SCALE = re.compile(
    r"(?:^|\s)(?:thang|scale|theo (?:duong huyet|dhmm|dh))\s+"
    rf"({RANGE}(?:[\s,;]+{RANGE})*(?:\s+\d{{1,3}}\s*(?:phut|ph|p))?)(?=\s|$)"
)
_HOLD = re.compile(
    rf"(?:^|\s)(?:ngung|giu|khong dung|ko dung|hold)\s+(?:neu|khi|if)\s+({HOLD}(?:\s*(?:,|;|hoac|or)\s*{HOLD})*)(?=\s|$)"
)
_BEFORE = re.compile(
    r"(?:^|\s)truoc (?:khi )?(mo|phau thuat|thu thuat)(?:\s+(\d{1,3})\s*(?:phut|ph|p))?(?=\s|$)"
)
USUALLY_BEFORE = 60


@dataclass(slots=True)
class Line:
    """What was understood. `name`: words to look the medicine up by. `problems`: what is missing or wrong, in words."""

    name: str = ""
    dose: Decimal | None = None
    unit: str = ""
    times_per_day: int | None = None
    days: int = 1
    route: str = ""
    times: list[str] = field(default_factory=list)
    meal: str = ""
    as_needed: bool = False
    as_needed_for: str = ""
    steps: tuple[TaperStep, ...] = ()
    scale: Scale | None = None
    holds: tuple[Hold, ...] = ()
    before_event: str = ""
    minutes_before: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def has_regimen(self) -> bool:
        """Whether it says more than so much, so often."""
        return bool(self.steps or self.scale or self.holds or self.before_event)

    @property
    def says_how_much(self) -> bool:
        """Whether this reads as a medicine with a dose, rather than the name of something."""
        return self.dose is not None


def _number(text: str) -> Decimal | None:
    try:
        if "/" in text:
            above, below = text.split("/")
            return (Decimal(above) / Decimal(below)).quantize(Decimal("0.001"))
        return Decimal(text.replace(",", "."))
    except (InvalidOperation, ZeroDivisionError):
        return None


class _Rest:
    """The text that is not understood yet: the folded one is searched, the typed one is cut at the same places."""

    def __init__(self, text: str) -> None:
        self.typed = text
        self.plain = fold(text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.plain)
        if found is not None:
            self.typed = f"{self.typed[: found.start()]} {self.typed[found.end() :]}"
            self.plain = f"{self.plain[: found.start()]} {self.plain[found.end() :]}"
        return found

    def take_word(self, words: dict[str, str]) -> str:
        """The last word that is one of these: the name stands in front."""
        pieces = list(re.finditer(r"\S+", self.plain))
        for piece in reversed(pieces[1:]):
            if piece.group() in words:
                self.typed = f"{self.typed[: piece.start()]} {self.typed[piece.end() :]}"
                self.plain = f"{self.plain[: piece.start()]} {self.plain[piece.end() :]}"
                return words[piece.group()]
        return ""


def parse_line(text: str, *, once: bool = False) -> Line:
    """Read one line. Never raises: what can't be read is a problem in words. `once`: it may stay unsaid how often."""
    line = Line()
    rest = _Rest(tidy(text)[:LONGEST])
    if len(rest.plain) != len(rest.typed):  # a letter that folds to two: read it without accents
        rest.typed = rest.plain
    unclear = _read_regimen(line, rest)
    if found := _PRN.search(rest.plain):
        line.as_needed, line.as_needed_for = True, tidy(rest.typed[found.end() :])[:120]
        rest.typed, rest.plain = rest.typed[: found.start()], rest.plain[: found.start()]
    _read_meal(line, rest)
    while found := rest.take(_HOURS):
        hour, _h, minute = found[1].partition("h")
        line.times.append(f"{int(hour):02d}:{minute or '00'}")
    line.times = sorted(set(line.times))
    if found := rest.take(_DOSE):
        line.dose, line.unit, line.times_per_day = (
            _number(found[1]),
            UNITS.get(found[2] or "", ""),
            int(found[3]),
        )
    else:
        if found := rest.take(_DOSE_ALONE):
            line.dose, line.unit = _number(found[1]), UNITS[found[2]]
        if found := rest.take(_TIMES_ALONE):
            line.times_per_day = int(found[1])
    if found := rest.take(_DAYS):
        line.days = int(found[1])
    line.route = rest.take_word(ROUTES)
    line.name = tidy(rest.typed)
    if line.times and line.times_per_day is None:
        line.times_per_day = len(line.times)
    unclear += _fit_regimen(line)
    line.problems = _problems(line, once=once) + unclear
    return line


def _read_regimen(line: Line, rest: _Rest) -> list[str]:
    """Take what a dose waits for and its later steps out of the text; returns what is wrong with them."""
    unclear = []
    try:
        if found := rest.take(_SCALE):
            line.scale = parse_scale(found[1])
        if found := rest.take(_HOLD):
            line.holds = parse_holds(found[1])
    except DomainError as refusal:
        unclear.append(str(refusal))
    if found := rest.take(_BEFORE):
        line.before_event = "procedure" if found[1] == "thu thuat" else "surgery"
        line.minutes_before = int(found[2] or USUALLY_BEFORE)
    steps, units = [], set()
    while found := rest.take(_LATER_STEP):
        steps.append(TaperStep(_number(found[1]) or Decimal(0), int(found[3])))
        units.add(UNITS.get(found[2] or "", ""))
    line.steps = tuple(steps)
    if len(units - {""}) > 1:
        unclear.append(_("Every step of a taper has the same unit."))
    return unclear


def _fit_regimen(line: Line) -> list[str]:
    """The first step is the line's own dose and days; a scale says how much. Returns what doesn't go together."""
    unclear = []
    if line.scale is not None:
        if line.dose is not None:
            unclear.append(_("Either a dose or a scale, not both."))
        line.dose = line.scale.highest
        line.unit = line.unit or "U"
    if line.steps and line.dose is not None:
        try:
            line.steps = checked_steps([TaperStep(line.dose, line.days), *line.steps])
            line.days = total_days(line.steps)
        except DomainError as refusal:
            unclear.append(str(refusal))
    if line.steps and (line.scale or line.as_needed or line.before_event):
        unclear.append(_("A taper is given by the clock, without a scale."))
    if line.before_event and line.as_needed:
        unclear.append(_("What is given before surgery isn't given when needed."))
    return unclear


def _read_meal(line: Line, rest: _Rest) -> None:
    for pattern, meal in _MEAL_WORDS:
        if rest.take(pattern):
            line.meal = meal
            return
    line.meal = rest.take_word(MEALS)


def _problems(line: Line, *, once: bool) -> list[str]:
    found = []
    if not re.search(r"[^\W\d_]", line.name):
        found.append(_("Write the medicine's name first."))
    if line.dose is None:
        found.append(_("Say the dose and how often: 2x3 is two, three times a day."))
    elif not 0 < line.dose < 100_000:
        found.append(_("A dose is more than nothing."))
    if line.times_per_day is None and not line.as_needed and not once and not line.before_event:
        found.append(_("Say how many times a day."))
    if line.times_per_day is not None and not 1 <= line.times_per_day <= MOST_TIMES:
        found.append(_("From 1 to %(most)d times a day.") % {"most": MOST_TIMES})
    if not 1 <= line.days <= MOST_DAYS:
        found.append(_("From 1 to %(most)d days.") % {"most": MOST_DAYS})
    if line.as_needed and not line.as_needed_for:
        found.append(_("Say what it is needed for."))
    return found
