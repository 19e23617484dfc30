"""Numbers over time as lines: geometry in SVG units, nothing else. Oldest left, newest right, higher is up."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from encounters.results.selectors.reports import number_text
from encounters.results.selectors.through_time import Row, Value

SPARK_WIDTH, SPARK_HEIGHT, _SPARK_EDGE = 96, 24, 4
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 170, 70, 12, 12, 22
_TICKS = 4
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: where it stands, how it reads, whether it is abnormal or critical ("" for neither)."""

    x: float
    y: float
    value: Value

    @property
    def level(self) -> str:
        """The value's level, for the shape of the dot."""
        return self.value.level


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline's points, its dots, and the reference band of its newest value (y, height) where it has one."""

    width: int
    height: int
    points: str
    dots: list[Dot]
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One test of the graph, with labels: `rows` are (y, number), `days` (x, date)."""

    row: Row
    line: Line
    rows: list[tuple[float, str]]
    days: list[tuple[float, str]]
    left: int


def _span(values: Sequence[Value]) -> tuple[Decimal, Decimal]:
    """Least and greatest, limits of the newest included; never the same number twice."""
    newest = values[-1]
    numbers = [value.number for value in values if value.number is not None]
    numbers += [limit for limit in (newest.low, newest.high) if limit is not None]
    low, high = min(numbers), max(numbers)
    if low == high:
        room = abs(low) / 10 or Decimal(1)
        return low - room, high + room
    return low, high


def _line(
    values: Sequence[Value],
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    period: tuple[dt.datetime, dt.datetime],
) -> Line:
    """`box` is left, right, top, bottom; the time axis is `period`."""
    left, right, top, bottom = box
    low, high = _span(values)
    seconds = max((period[1] - period[0]).total_seconds(), 1)

    def x_of(at: dt.datetime) -> float:
        return round(left + (at - period[0]).total_seconds() / seconds * (right - left), 1)

    def y_of(number: Decimal) -> float:
        part = float((number - low) / (high - low))
        return round(bottom - min(max(part, 0), 1) * (bottom - top), 1)

    dots = [Dot(x_of(value.at), y_of(value.number), value) for value in values if value.number is not None]
    newest = values[-1]
    band = None
    if newest.low is not None or newest.high is not None:
        upper = top if newest.high is None else y_of(newest.high)
        lower = bottom if newest.low is None else y_of(newest.low)
        band = (upper, round(max(lower - upper, 0), 1))
    return Line(*size, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots, band)


def spark_of(values: Sequence[Value]) -> Line | None:
    """The little line of a row; None with fewer than two numbers."""
    if len(values) < 2:
        return None
    edge = _SPARK_EDGE
    box = (edge, SPARK_WIDTH - edge, edge, SPARK_HEIGHT - edge)
    return _line(values, box, (SPARK_WIDTH, SPARK_HEIGHT), (values[0].at, values[-1].at))


def panels_of(rows: Sequence[Row], since: dt.datetime | None, until: dt.datetime | None) -> list[Panel]:
    """One panel a test that has numbers, one time axis for all: what happened together stands above each other."""
    drawn = [row for row in rows if row.course]
    if not drawn:
        return []
    first = since or min(row.course[0].at for row in drawn)
    last = until or max(row.course[-1].at for row in drawn)
    if first >= last:
        first, last = first - _DAY / 2, first + _DAY / 2
    box = (_LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM)
    panels = []
    for row in drawn:
        low, high = _span(row.course)
        step = (high - low) / _TICKS
        labels = [
            (
                round(box[3] - tick / _TICKS * (box[3] - box[2]), 1),
                number_text(_short(low + step * tick, high - low)),
            )
            for tick in range(_TICKS + 1)
        ]
        line = _line(row.course, box, (_WIDTH, _HEIGHT), (first, last))
        panels.append(Panel(row, line, labels, _days(first, last), _LEFT))
    return panels


def _short(number: Decimal, span: Decimal) -> Decimal:
    """As many places as the span needs to tell its steps apart."""
    places = max(0, 2 - span.adjusted())
    return round(number, places)


def _days(first: dt.datetime, last: dt.datetime) -> list[tuple[float, str]]:
    """Up to six dates (hours where it is about a day or two), evenly along the axis."""
    span = last - first
    form = "%d/%m %H:%M" if span < 3 * _DAY else "%d/%m/%y"
    found = []
    for step in range(6):
        at = timezone.localtime(first + span * step / 5)
        found.append((round(_LEFT + step / 5 * (_WIDTH - _LEFT - _RIGHT), 1), at.strftime(form)))
    return found
