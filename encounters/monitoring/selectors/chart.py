"""The official vital-sign chart (phiếu theo dõi chức năng sống), ten days a sheet: its lines, rows and their places.

Pulse 40 to 160 in red, temperature 35 to 41 °C in blue, a bold line at 37 °C; each day has a morning and an afternoon; rows
for blood pressure, weight, breathing, SpO2 and two more. A sheet reads its own ten days and nothing else, so the sixtieth
day opens as fast as the first.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.common.clock import now
from encounters.documents.models import Document
from encounters.monitoring.models import VitalSheet
from encounters.monitoring.paper import diagnosis_of
from encounters.results.models import Observation
from encounters.results.selectors import current_observations
from encounters.results.vital_signs import BY_LOINC, SIGNS
from encounters.visits.models import Encounter

DAYS = 10
LEFT, TOP, COLUMN, HEIGHT, ROW = 118, 44, 42, 288, 22
WIDTH = LEFT + 2 * DAYS * COLUMN
_NOON = 12
SCALES = {"pulse": (Decimal(40), Decimal(160)), "temperature": (Decimal(35), Decimal(41))}
NORMAL = Decimal(37)


@dataclass(frozen=True, slots=True)
class Dot:
    """One measurement on the graph; `words` are its number, `is_off` that it lies beyond the paper's edge."""

    x: float
    y: float
    words: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """One line; `points` is an SVG polyline's."""

    name: str
    points: str
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the graph: a cell for each half day, `y` its base line."""

    title: StrOrPromise
    y: float
    cells: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the chart, in SVG units. `number` counts from 1; `measured_by` are the people who measured."""

    number: int
    count: int
    first_day: dt.date
    width: int
    height: int
    graph_bottom: int
    curves: list[Curve]
    scale: list[tuple[float, str, str]]
    bold_y: float
    days: list[tuple[float, dt.date, int]]
    halves: list[tuple[float, StrOrPromise]]
    columns: list[float]
    rows: list[Row]
    measured_by: list[str]
    is_empty: bool


def _bounds(encounter: Encounter) -> tuple[dt.date, dt.date]:
    return timezone.localdate(encounter.begins_at), timezone.localdate(encounter.ended_at or now())


def sheet_count(encounter: Encounter) -> int:
    """How many sheets the stay fills so far."""
    first, last = _bounds(encounter)
    return max((last - first).days, 0) // DAYS + 1


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _x(first: dt.date, at: dt.datetime) -> float:
    local = timezone.localtime(at)
    days = (local.date() - first).days
    return round(LEFT + (days + (local.hour * 60 + local.minute) / 1440) * 2 * COLUMN, 1)


def _y(name: str, value: Decimal) -> float:
    low, high = SCALES[name]
    part = (min(max(value, low), high) - low) / (high - low)
    return round(float(TOP + (1 - part) * HEIGHT), 1)


def _half(first: dt.date, at: dt.datetime) -> int:
    local = timezone.localtime(at)
    return (local.date() - first).days * 2 + (local.hour >= _NOON)


def sheet_of(encounter: Encounter, number: int | None = None) -> Sheet:
    """One sheet, the last one unless another is asked for: one query."""
    count = sheet_count(encounter)
    wanted = min(max(number or count, 1), count)
    first = _bounds(encounter)[0] + dt.timedelta(days=(wanted - 1) * DAYS)
    found = [
        (BY_LOINC[row.code].name, row)
        for row in current_observations(encounter).filter(
            code__in=BY_LOINC,
            effective_at__gte=_midnight(first),
            effective_at__lt=_midnight(first + dt.timedelta(days=DAYS)),
        )
    ]
    rows = _rows(first, found)
    return Sheet(
        number=wanted,
        count=count,
        first_day=first,
        width=WIDTH,
        height=TOP + HEIGHT + len(rows) * ROW + 6,
        graph_bottom=TOP + HEIGHT,
        curves=[_curve(name, first, found) for name in SCALES],
        scale=[
            (_y("temperature", Decimal(35 + step)), str(40 + 20 * step), str(35 + step)) for step in range(7)
        ],
        bold_y=_y("temperature", NORMAL),
        days=[
            (
                LEFT + day * 2 * COLUMN + COLUMN,
                first + dt.timedelta(days=day),
                (wanted - 1) * DAYS + day + 1,
            )
            for day in range(DAYS)
        ],
        halves=[
            (
                LEFT + half * COLUMN + COLUMN / 2,
                pgettext_lazy("half day", "morning")
                if half % 2 == 0
                else pgettext_lazy("half day", "afternoon"),
            )
            for half in range(2 * DAYS)
        ],
        columns=[LEFT + half * COLUMN for half in range(2 * DAYS + 1)],
        rows=rows,
        measured_by=sorted({row.performer.full_name for _name, row in found}),
        is_empty=not found,
    )


def _curve(name: str, first: dt.date, found: list[tuple[str, Observation]]) -> Curve:
    low, high = SCALES[name]
    dots = [
        Dot(
            _x(first, row.effective_at),
            _y(name, row.value),
            SIGNS[name].words(row.value),
            not low <= row.value <= high,
        )
        for sign, row in found
        if sign == name
    ]
    return Curve(name, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots)


def _rows(first: dt.date, found: list[tuple[str, Observation]]) -> list[Row]:
    """The last number of each half day: rows that the form names, and two for what else was taken."""
    last: dict[tuple[str, int], str] = {}
    for name, row in found:
        last[name, _half(first, row.effective_at)] = SIGNS[name].words(row.value)
    titles: list[tuple[tuple[str, ...], StrOrPromise]] = [
        (("systolic", "diastolic"), _("Blood pressure (mmHg)")),
        (("weight",), _("Weight (kg)")),
        (("respiration",), _("Breathing (/min)")),
        (("oxygen",), _("SpO2 (%)")),
        (("glucose",), _("Glucose (mmol/L)")),
        (("pain",), _("Pain (/10)")),
    ]
    rows = []
    for place, (names, title) in enumerate(titles):
        cells = []
        for half in range(2 * DAYS):
            words = "/".join(last[name, half] for name in names if (name, half) in last)
            cells.append((LEFT + half * COLUMN + COLUMN / 2, words))
        rows.append(Row(title, TOP + HEIGHT + place * ROW + ROW - 6, cells))
    return rows


def chart_content(encounter: Encounter, number: int) -> dict[str, Any]:
    """A sheet as JSON in Vietnamese, with all its places, complete enough to draw it for ever."""
    with override("vi"):
        sheet = sheet_of(encounter, number)
        return {
            "number": sheet.number,
            "width": sheet.width,
            "height": sheet.height,
            "graph_bottom": sheet.graph_bottom,
            "bold_y": sheet.bold_y,
            "curves": [asdict(curve) for curve in sheet.curves],
            "scale": [list(line) for line in sheet.scale],
            "days": [[x, f"{day:%d/%m}", count] for x, day, count in sheet.days],
            "halves": [[x, str(words)] for x, words in sheet.halves],
            "columns": [float(x) for x in sheet.columns],
            "rows": [
                {
                    "title": str(row.title),
                    "y": row.y,
                    "cells": [[x, words] for x, words in row.cells if words],
                }
                for row in sheet.rows
            ],
            "measured_by": sheet.measured_by,
            "is_empty": sheet.is_empty,
            "diagnosis": diagnosis_of(encounter),
            "first_day": sheet.first_day.isoformat(),
        }


def chart_sheets_of(stay_ids: Collection[int]) -> QuerySet[VitalSheet]:
    """The sheets of these stays' charts whose documents weren't taken back."""
    return (
        VitalSheet.objects.filter(encounter__in=stay_ids)
        .exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        .select_related("document")
    )
