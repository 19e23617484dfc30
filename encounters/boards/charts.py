"""Where the bars and points of a chart stand, in the units of its SVG; templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

from encounters.boards.selectors.briefing import DayOfTrend
from encounters.boards.selectors.records import MonthOfRecords, RecordRow

WIDTH, HEIGHT = 720, 200
_LEFT, _TOP, _BOTTOM = 36, 14, 24
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; `name` says what of, `value` what it counts."""

    x: float
    y: float
    width: float
    height: float
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and a line over columns: `lines` (y, number), `columns` (x, label), `points` and `dots` (x, y, value)."""

    lines: list[tuple[float, int]]
    columns: list[tuple[float, str]]
    bars: list[Bar]
    dots: list[tuple[float, float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT

    @property
    def points(self) -> str:
        """Of the line, as SVG wants them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _value in self.dots)

    @property
    def base(self) -> float:
        """Where 0 stands."""
        return HEIGHT - _BOTTOM


def _scale(most: int) -> tuple[int, int]:
    """(a step between lines, the number at the top): at most five lines."""
    step = next((one for one in _STEPS if one * 5 >= most), max(most // 5, 1))
    return step, max(step, -(-most // step) * step)


def _grid(most: int) -> tuple[list[tuple[float, int]], int]:
    step, top = _scale(most)
    return [(_y(number, top), number) for number in range(0, top + 1, step)], top


def _y(value: float, top: int) -> float:
    room = HEIGHT - _TOP - _BOTTOM
    return round(HEIGHT - _BOTTOM - room * value / top, 1)


def _column(n: int, count: int) -> tuple[float, float]:
    """(left edge, width) of the n-th of so many columns."""
    width = (WIDTH - _LEFT) / count
    return round(_LEFT + n * width, 1), width


def trend_chart(days: Sequence[DayOfTrend]) -> Chart:
    """Who was there as a line; who came and who left as bars side by side."""
    lines, top = _grid(max((max(day.present, day.came, day.left) for day in days), default=1))
    bars, dots, columns = [], [], []
    for n, day in enumerate(days):
        x, width = _column(n, len(days))
        half = round(width * 0.3, 1)
        for place, (name, value) in enumerate((("came", day.came), ("left", day.left))):
            y = _y(value, top)
            bars.append(
                Bar(round(x + width * 0.2 + place * half, 1), y, half, round(_y(0, top) - y, 1), name, value)
            )
        dots.append((round(x + width / 2, 1), _y(day.present, top), day.present))
        columns.append((round(x + width / 2, 1), f"{day.day:%d/%m}"))
    return Chart(lines, columns, bars, dots)


def months_chart(months: Sequence[MonthOfRecords]) -> Chart:
    """All records of a month as a bar, the fully electronic ones before it, their share as numbers above."""
    lines, top = _grid(max((month.total for month in months), default=1))
    bars, columns = [], []
    for n, month in enumerate(months):
        x, width = _column(n, len(months))
        for name, value in (("total", month.total), ("electronic", month.electronic)):
            y = _y(value, top)
            bars.append(
                Bar(
                    round(x + width * 0.2, 1), y, round(width * 0.6, 1), round(_y(0, top) - y, 1), name, value
                )
            )
        columns.append((round(x + width / 2, 1), f"{month.first:%m/%y}"))
    return Chart(lines, columns, bars, [])


@dataclass(frozen=True, slots=True)
class Stack:
    """A department's records in one row of parts beside each other: (name of the state, count, x, width), widths of 600."""

    name: str
    total: int
    parts: list[tuple[str, int, float, float]]


def stacks_of(rows: Sequence[RecordRow]) -> list[Stack]:
    """Rows as parts of the longest one."""
    most = max((row.numbers.total for row in rows), default=0) or 1
    found = []
    for row in rows:
        x, parts = 0.0, []
        for state, count in row.numbers.states.items():
            width = round(600 * count / most, 1)
            if count:
                parts.append((state, count, round(x, 1), width))
            x += width
        found.append(Stack(row.name, row.numbers.total, parts))
    return found
