"""Hours registered to practise, as people write them: "T2-T6 07:30-16:30; T7 07:30-11:30"."""

import datetime as dt
import re
from dataclasses import dataclass

# Thứ 2 … thứ 7, chủ nhật, in Python's order of weekdays.
_DAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_PART = re.compile(
    r"(T[2-7]|CN)(?:\s*-\s*(T[2-7]|CN))?\s+(\d{1,2})[:hH](\d{2})\s*-\s*(\d{1,2})[:hH](\d{2})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from first to last (0 is Monday), from one time to another; past midnight where that is not later."""

    first: int
    last: int
    starts: dt.time
    ends: dt.time

    def __str__(self) -> str:
        days = _DAYS[self.first] + ("" if self.first == self.last else f"-{_DAYS[self.last]}")
        return f"{days} {self.starts:%H:%M}-{self.ends:%H:%M}"

    def holds(self, moment: dt.datetime) -> bool:
        """Whether the local moment lies in it."""
        time, day = moment.time(), moment.weekday()
        if self.starts < self.ends:
            return self._has(day) and self.starts <= time < self.ends
        return (self._has(day) and time >= self.starts) or (self._has((day - 1) % 7) and time < self.ends)

    def _has(self, day: int) -> bool:
        return (
            self.first <= day <= self.last
            if self.first <= self.last
            else day >= self.first or day <= self.last
        )


def read_hours(text: str) -> list[Stretch]:
    """The stretches of a text; none for an empty one. Raises ValueError."""
    return [_stretch(part) for part in re.split(r"[;\n]", text) if part.strip()]


def write_hours(stretches: list[Stretch]) -> str:
    """The one spelling that is kept."""
    return "; ".join(str(stretch) for stretch in stretches)


def _stretch(text: str) -> Stretch:
    found = _PART.fullmatch(text.strip())
    if found is None:
        raise ValueError(text.strip())
    first, last, *numbers = found.groups()
    from_hour, from_minute, to_hour, to_minute = (int(number) for number in numbers)
    to_hour %= 24 if (to_hour, to_minute) == (24, 0) else 100
    return Stretch(
        _DAYS.index(first.upper()),
        _DAYS.index((last or first).upper()),
        dt.time(from_hour, from_minute),
        dt.time(to_hour, to_minute),
    )
