"""Regimens that say more than so much, so often: a taper, amounts by a measured value, what a dose waits for. Pure.

    taper      8 3n > 6 3n > 4 3n             so much for so many days, then less (or more)
    scale      <8:0 8-12:2 12-16:4 >16:6!     2 from 8 to below 12 …; "!": and the doctor is told
    hold       mạch <60, hatt <90             no dose while it is so

On the order they are JSON, amounts as strings in the order's unit: `steps` [{"dose", "days"}], `scale` {"sign",
"within_minutes", "lines": [{"low", "high", "dose", "call"}]} with low included and high not, `hold_if` [{"sign", "op",
"value"}]. Signs are named as the table of vital signs names them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.errors import DomainError
from emr.common.vietnamese import fold

MOST_STEPS, MOST_LINES, MOST_HOLDS, LONGEST_DAYS = 12, 12, 4, 90
USUALLY_WITHIN, LONGEST_WITHIN = 60, 720
# Name: what it is called, its unit.
SIGNS: dict[str, tuple[StrOrPromise, str]] = {
    "pulse": (pgettext_lazy("sign", "pulse"), "/ph"),
    "systolic": (pgettext_lazy("sign", "systolic pressure"), "mmHg"),
    "diastolic": (pgettext_lazy("sign", "diastolic pressure"), "mmHg"),
    "respiration": (pgettext_lazy("sign", "breathing rate"), "/ph"),
    "oxygen": ("SpO2", "%"),
    "temperature": (pgettext_lazy("sign", "temperature"), "°C"),
    "glucose": (pgettext_lazy("sign", "capillary glucose"), "mmol/L"),
}
# What people write, folded, the longer ones first.
SIGN_WORDS = {
    "huyet ap tam truong": "diastolic", "huyet ap tam thu": "systolic", "duong huyet": "glucose",
    "huyet ap": "systolic", "nhip tho": "respiration", "nhiet do": "temperature", "hattr": "diastolic",
    "hatt": "systolic", "mach": "pulse", "spo2": "oxygen", "dhmm": "glucose", "ha": "systolic", "nt": "respiration",
    "dh": "glucose",
}  # fmt: skip
NUMBER = r"\d{1,5}(?:[.,]\d{1,3})?"
_SIGN = "|".join(SIGN_WORDS)
RANGE = rf"(?:[<>]=?\s*{NUMBER}|{NUMBER}\s*-\s*{NUMBER})\s*:\s*{NUMBER}!?"
HOLD = rf"(?:{_SIGN})\s*(?:<=|>=|<|>|duoi|tren)\s*{NUMBER}"
_RANGE_PARTS = re.compile(
    rf"(?:(?P<side>[<>])=?\s*(?P<one>{NUMBER})|(?P<low>{NUMBER})\s*-\s*(?P<high>{NUMBER}))"
    rf"\s*:\s*(?P<dose>{NUMBER})(?P<call>!?)"
)
_HOLD_PARTS = re.compile(rf"(?P<sign>{_SIGN})\s*(?P<op><=|>=|<|>|duoi|tren)\s*(?P<value>{NUMBER})")
_STEP = re.compile(rf"^({NUMBER})\s*[^\d\s]*\s+(\d{{1,3}})\s*(?:n|ngay|d)$")
_WITHIN = re.compile(r"(?:^|\s)(\d{1,3})\s*(?:p|ph|phut)$")
_OPERATORS = {"duoi": "<", "tren": ">"}


@dataclass(frozen=True, slots=True)
class TaperStep:
    """So much at a time, for so many days."""

    dose: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class ScaleLine:
    """`dose` while the value is `low` or more and below `high`; None is open. 0: none. `call`: the doctor is told."""

    low: Decimal | None
    high: Decimal | None
    dose: Decimal
    call: bool = False

    def fits(self, value: Decimal) -> bool:
        """Whether the line is of this value."""
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)

    @property
    def range_words(self) -> str:
        """8 to below 12."""
        if self.low is None:
            return _("below %(high)s") % {"high": number_words(self.high or Decimal(0))}
        if self.high is None:
            return _("%(low)s and above") % {"low": number_words(self.low)}
        return _("%(low)s to below %(high)s") % {
            "low": number_words(self.low),
            "high": number_words(self.high),
        }

    def words(self, unit: str) -> str:
        """8 to below 12: 2 IU."""
        dose = f"{number_words(self.dose)} {unit}" if self.dose else pgettext("scale", "no dose")
        found = f"{self.range_words}: {dose}"
        return f"{found}, {pgettext('scale', 'tell the doctor')}" if self.call else found


@dataclass(frozen=True, slots=True)
class Scale:
    """How much by a sign that was measured at most so many minutes before."""

    sign: str
    lines: tuple[ScaleLine, ...]
    within_minutes: int = USUALLY_WITHIN

    def line_for(self, value: Decimal) -> ScaleLine | None:
        """The line of this value; None where the scale says nothing of it."""
        return next((line for line in self.lines if line.fits(value)), None)

    @property
    def highest(self) -> Decimal:
        """The largest amount of any line."""
        return max(line.dose for line in self.lines)


@dataclass(frozen=True, slots=True)
class Hold:
    """No dose while the sign is so: pulse < 60."""

    sign: str
    op: str
    value: Decimal

    def stops(self, measured: Decimal) -> bool:
        """Whether this value forbids the dose."""
        return {
            "<": measured < self.value,
            "<=": measured <= self.value,
            ">": measured > self.value,
            ">=": measured >= self.value,
        }[self.op]

    @property
    def words(self) -> str:
        """pulse < 60 /ph."""
        return f"{sign_name(self.sign)} {self.op} {number_words(self.value)} {SIGNS[self.sign][1]}"


def number_words(value: Decimal) -> str:
    """Without idle zeros, with the Vietnamese comma."""
    return f"{value.normalize():f}".replace(".", ",")


def sign_name(sign: str) -> str:
    """What the sign is called."""
    return str(SIGNS[sign][0])


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _refuse(words: str, field: str) -> DomainError:
    return DomainError(words, code="invalid", field=field)


# Typed words to what they say; each raises DomainError, naming its field.


def parse_steps(text: str) -> tuple[TaperStep, ...]:
    """ "8 3n > 6 3n": the steps of a taper, two at least; nothing of nothing."""
    if not text.strip():
        return ()
    found = []
    for part in fold(text).split(">"):
        step = _STEP.match(part.strip())
        if step is None:
            raise _refuse(_("A taper is written 8 3n > 6 3n > 4 3n: an amount, its days."), "steps")
        found.append(TaperStep(_number(step[1]), int(step[2])))
    return checked_steps(found)


def checked_steps(steps: Sequence[TaperStep]) -> tuple[TaperStep, ...]:
    """The steps, where they make a taper."""
    if not 2 <= len(steps) <= MOST_STEPS:
        raise _refuse(_("A taper has from 2 to %(most)d steps.") % {"most": MOST_STEPS}, "steps")
    if any(step.dose <= 0 or step.days < 1 for step in steps):
        raise _refuse(_("Every step of a taper is more than nothing, for a day at least."), "steps")
    if total_days(steps) > LONGEST_DAYS:
        raise _refuse(_("From 1 to %(most)d days.") % {"most": LONGEST_DAYS}, "steps")
    return tuple(steps)


def parse_scale(text: str) -> Scale | None:
    """ "<8:0 8-12:2 >12:4! 30p", a sign in front where it isn't glucose; nothing of nothing."""
    rest = fold(text)
    if not rest.strip():
        return None
    sign = "glucose"
    if named := re.match(rf"\s*({_SIGN})\s+", rest):
        sign, rest = SIGN_WORDS[named[1]], rest[named.end() :]
    within = USUALLY_WITHIN
    if minutes := _WITHIN.search(rest):
        within, rest = int(minutes[1]), rest[: minutes.start()]
    lines = [_scale_line(part) for part in _RANGE_PARTS.finditer(rest)]
    if _RANGE_PARTS.sub("", rest).strip(" ,;"):
        raise _refuse(_("A scale is written <8:0 8-12:2 >12:4: from, to, how much."), "scale")
    return checked_scale(Scale(sign, tuple(lines), within))


def _scale_line(part: re.Match[str]) -> ScaleLine:
    low, high = part["low"], part["high"]
    if part["side"]:
        low, high = (None, part["one"]) if part["side"] == "<" else (part["one"], None)
    return ScaleLine(
        _number(low) if low else None,
        _number(high) if high else None,
        _number(part["dose"]),
        bool(part["call"]),
    )


def checked_scale(scale: Scale) -> Scale:
    """The scale with its lines in order; no value has two lines, none between the first and the last is without."""
    if not 1 <= len(scale.lines) <= MOST_LINES:
        raise _refuse(_("A scale has from 1 to %(most)d lines.") % {"most": MOST_LINES}, "scale")
    if scale.sign not in SIGNS:
        raise _refuse(_("Nobody measures “%(sign)s”.") % {"sign": scale.sign}, "scale")
    if not 5 <= scale.within_minutes <= LONGEST_WITHIN:
        raise _refuse(_("Measured from 5 to %(most)d minutes before.") % {"most": LONGEST_WITHIN}, "scale")
    lines = sorted(scale.lines, key=lambda line: (line.low is not None, line.low or Decimal(0)))
    for line in lines:
        if line.low is not None and line.high is not None and line.low >= line.high:
            raise _refuse(_("A line of the scale goes from the lower to the higher value."), "scale")
    for before, after in pairwise(lines):
        if before.high is None or after.low is None or before.high > after.low:
            raise _refuse(_("Two lines of the scale say how much for the same value."), "scale")
        if before.high < after.low:
            between = {"low": number_words(before.high), "high": number_words(after.low)}
            raise _refuse(_("The scale says nothing between %(low)s and %(high)s.") % between, "scale")
    if not any(line.dose for line in lines):
        raise _refuse(_("Some line of the scale is more than nothing."), "scale")
    return Scale(scale.sign, tuple(lines), scale.within_minutes)


def parse_holds(text: str) -> tuple[Hold, ...]:
    """ "mạch <60, hatt <90": what forbids a dose; nothing of nothing."""
    rest = fold(text)
    found = [
        Hold(SIGN_WORDS[part["sign"]], _OPERATORS.get(part["op"], part["op"]), _number(part["value"]))
        for part in _HOLD_PARTS.finditer(rest)
    ]
    left = re.sub(r"\b(?:hoac|va|or|and)\b|[,;|\s]", "", _HOLD_PARTS.sub(" ", rest))
    if left or (rest.strip() and not found):
        raise _refuse(_("It is written mạch <60, HATT <90: a sign, below or above, a number."), "hold_if")
    if len(found) > MOST_HOLDS:
        raise _refuse(_("At most %(most)d conditions.") % {"most": MOST_HOLDS}, "hold_if")
    return tuple(found)


# JSON of the order and back.


def steps_json(steps: Iterable[TaperStep]) -> list[dict[str, Any]]:
    """As the order keeps them."""
    return [{"dose": str(step.dose), "days": step.days} for step in steps]


def read_steps(kept: Iterable[Mapping[str, Any]]) -> tuple[TaperStep, ...]:
    """As the order says."""
    return tuple(TaperStep(Decimal(one["dose"]), int(one["days"])) for one in kept)


def scale_json(scale: Scale | None) -> dict[str, Any]:
    """As the order keeps it; {} of none."""
    if scale is None:
        return {}
    return {
        "sign": scale.sign,
        "within_minutes": scale.within_minutes,
        "lines": [
            {
                "low": None if line.low is None else str(line.low),
                "high": None if line.high is None else str(line.high),
                "dose": str(line.dose),
                "call": line.call,
            }
            for line in scale.lines
        ],
    }


def read_scale(kept: Mapping[str, Any]) -> Scale | None:
    """As the order says; None of {}."""
    if not kept:
        return None
    lines = tuple(
        ScaleLine(
            None if one["low"] is None else Decimal(one["low"]),
            None if one["high"] is None else Decimal(one["high"]),
            Decimal(one["dose"]),
            bool(one["call"]),
        )
        for one in kept["lines"]
    )
    return Scale(str(kept["sign"]), lines, int(kept["within_minutes"]))


def holds_json(holds: Iterable[Hold]) -> list[dict[str, Any]]:
    """As the order keeps them."""
    return [{"sign": hold.sign, "op": hold.op, "value": str(hold.value)} for hold in holds]


def read_holds(kept: Iterable[Mapping[str, Any]]) -> tuple[Hold, ...]:
    """As the order says."""
    return tuple(Hold(str(one["sign"]), str(one["op"]), Decimal(one["value"])) for one in kept)


# As it may be typed again.


def steps_typed(steps: Iterable[TaperStep]) -> str:
    """8 3n > 6 3n."""
    return " > ".join(f"{number_words(step.dose)} {step.days}n" for step in steps)


def scale_typed(scale: Scale | None) -> str:
    """<8:0 8-12:2 >12:4!."""
    if scale is None:
        return ""
    word = next(word for word, sign in SIGN_WORDS.items() if sign == scale.sign)
    parts = [] if scale.sign == "glucose" else [word]
    for line in scale.lines:
        if line.low is None:
            span = f"<{number_words(line.high or Decimal(0))}"
        elif line.high is None:
            span = f">{number_words(line.low)}"
        else:
            span = f"{number_words(line.low)}-{number_words(line.high)}"
        parts.append(f"{span}:{number_words(line.dose)}{'!' if line.call else ''}")
    if scale.within_minutes != USUALLY_WITHIN:
        parts.append(f"{scale.within_minutes}p")
    return " ".join(parts)


def holds_typed(holds: Iterable[Hold]) -> str:
    """mach <60, hatt <90."""
    words = {sign: word for word, sign in reversed(SIGN_WORDS.items())}
    return ", ".join(f"{words[hold.sign]} {hold.op}{number_words(hold.value)}" for hold in holds)


# A taper's days.


def total_days(steps: Iterable[TaperStep]) -> int:
    """Of all the steps."""
    return sum(step.days for step in steps)


def step_on(steps: Sequence[TaperStep], day: int) -> TaperStep | None:
    """The step of the taper's day (0 is the first); None once it is over."""
    for step in steps:
        if day < step.days:
            return step
        day -= step.days
    return None
