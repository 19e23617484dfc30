"""Typed views of how orders say what, how much and when (HL7 v2.5.1 §4.5.4 TQ1, §4.13 and §4.14 RXO, RXE, RXR; §4.8 ODS)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from integrations.hl7v2.order_segments import Concept
from integrations.hl7v2.parsing import Field, Segment
from integrations.hl7v2.segments import Coded, Xcn
from integrations.hl7v2.timestamps import Timestamp, read_timestamp

# Table 0335: how often in a day. Vietnamese senders write the plain number of times too.
_DAILY = {
    "QD": 1, "DAILY": 1, "QDAY": 1, "QAM": 1, "QPM": 1, "QHS": 1, "BID": 2, "TID": 3, "QID": 4, "AC": 3, "PC": 3,
    "TIDAC": 3, "TIDPC": 3, "BIDAC": 2, "BIDPC": 2,
}  # fmt: skip
_MEALS = {"AC": "before", "PC": "after", "C": "with"}
_ONCE = {"ONCE", "X1", "1X", "STAT", "ONETIME", "1TIME"}
_TIMES_A_DAY = re.compile(r"(\d{1,2})(?:ID|X|/D|/DAY)?$")
_EVERY_HOURS = re.compile(r"Q(\d{1,2})H$")
_EVERY_DAYS = re.compile(r"Q1D$")
_DURATION = re.compile(r"(?:D(\d{1,3})|(\d{1,3})\s*D?)$", re.IGNORECASE)
_PRIORITIES = {"S": "stat", "A": "urgent", "R": "routine", "U": "urgent", "ASAP": "urgent", "STAT": "stat"}


class UnclearTiming(ValueError):
    """The repeat pattern is none that we know; str() is what was sent."""


@dataclass(frozen=True, slots=True)
class OrderTiming:
    """When: TQ1, else the timing field of older versions (ORC-7, RXE-1). Empty parts were not said."""

    pattern: str = ""
    explicit_times: tuple[str, ...] = ()
    days: int | None = None
    starts_at: Timestamp | None = None
    ends_at: Timestamp | None = None
    priority: str = ""
    condition: str = ""
    text: str = ""

    @classmethod
    def read(cls, tq1: Segment, old: Field) -> "OrderTiming":
        """From TQ1 where there is one, else from the old field."""
        if tq1.fields:
            s = tq1
            return cls(
                s[3].text(1).upper(),
                tuple(_clock(part.text()) for part in s[4].each()),
                _days(s[6].text(1), s[6].text(2)),
                read_timestamp(s[7].text()),
                read_timestamp(s[8].text()),
                _PRIORITIES.get(s[9].text(1).upper(), ""),
                s[10].text(),
                s[11].text(),
            )
        times = tuple(_clock(part) for part in old.text(2, 2).split(",") if part)
        return cls(
            old.text(2).upper(),
            times,
            _days(old.text(3), ""),
            read_timestamp(old.text(4)),
            read_timestamp(old.text(5)),
            _PRIORITIES.get(old.text(6).upper(), ""),
            old.text(7),
            old.text(8),
        )

    @property
    def as_needed(self) -> bool:
        """PRN, alone or with a pattern."""
        return self.pattern.startswith("PRN") or self.pattern.endswith("PRN")

    @property
    def is_once(self) -> bool:
        """One dose, no repetition."""
        return self.pattern.replace(" ", "") in _ONCE

    @property
    def meal(self) -> str:
        """before, with or after meals; "" where nothing is said."""
        found = re.match(r"(?:BID|TID)?(AC|PC|C)$", self.pattern)
        return _MEALS[found[1]] if found else ""

    def times_per_day(self) -> int | None:
        """How many times a day; None for one dose, or when needed alone. Raises UnclearTiming."""
        pattern = self.pattern.removeprefix("PRN").removesuffix("PRN").replace(" ", "")
        if self.is_once:
            return None
        if not pattern:
            return len(self.explicit_times) or None
        if pattern in _DAILY:
            return _DAILY[pattern]
        if _EVERY_DAYS.match(pattern):
            return 1
        if (found := _EVERY_HOURS.match(pattern)) and 24 % (hours := int(found[1]) or 25) == 0:
            return 24 // hours
        if (found := _TIMES_A_DAY.match(pattern)) and 1 <= int(found[1]) <= 48:
            return int(found[1])
        raise UnclearTiming(self.pattern)

    def lasts_days(self) -> int:
        """For how many days, the first counted; 1 where nothing is said."""
        if self.days:
            return self.days
        if self.starts_at and self.ends_at and self.ends_at.at > self.starts_at.at:
            seconds = (self.ends_at.at - self.starts_at.at).total_seconds()
            return max(1, -int(-seconds // timedelta(days=1).total_seconds()))
        return 1


def _days(quantity: str, unit: str) -> int | None:
    found = _DURATION.match(quantity.strip())
    if not found or unit.upper() not in {"", "D", "DAY", "DAYS"}:
        return None
    return int(found[1] or found[2]) or None


def _clock(text: str) -> str:
    """ "0800" and "08:00:00" as "08:00"."""
    digits = re.sub(r"\D", "", text)[:4].ljust(4, "0")
    return f"{digits[:2]}:{digits[2:]}"


@dataclass(frozen=True, slots=True)
class OrderHead:
    """ORC as an order's receiver reads it."""

    control: str
    placer_number: str
    filler_number: str
    status: str
    timing: Field
    parent_number: str
    transaction_at: datetime | None
    prescriber: Xcn
    reason: str

    @classmethod
    def read(cls, segment: Segment) -> "OrderHead":
        """From one ORC."""
        s = segment
        at = read_timestamp(s[9].text())
        return cls(
            control=s[1].text().upper(),
            placer_number=s[2].text(),
            filler_number=s[3].text(),
            status=s[5].text().upper(),
            timing=s[7],
            # EIP: the placer's part first.
            parent_number=s[8].text(1),
            transaction_at=at.at if at is not None else None,
            prescriber=Xcn.read(s[12]),
            reason=s[16].text(2) or s[16].text(1),
        )


@dataclass(frozen=True, slots=True)
class Drug:
    """RXE (what the pharmacy encoded), else RXO (what was asked for)."""

    give: Concept
    amount: Decimal | None
    units: Coded
    instructions: str
    rate: str
    indication: str

    @classmethod
    def read(cls, segment: Segment) -> "Drug":
        """From one RXE or RXO."""
        s = segment
        if s.name == "RXE":
            rate = " ".join(part for part in (s[23].text(), s[24].text(2) or s[24].text(1)) if part)
            said = s[7].text(2) or s[7].text(1) or s[21].text(2) or s[21].text(1)
            return cls(Concept.read(s[2]), _number(s[3].text()), Coded.read(s[5]), said, rate, _words(s[27]))
        said = s[7].text(2) or s[7].text(1) or s[6].text(2) or s[6].text(1)
        return cls(Concept.read(s[1]), _number(s[2].text()), Coded.read(s[4]), said, "", _words(s[20]))


def _words(field: Field) -> str:
    return field.text(2) or field.text(1)


def _number(text: str) -> Decimal | None:
    """A point or the Vietnamese comma; None for what is no amount."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 else None
