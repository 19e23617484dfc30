"""Questions about measurements."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from encounters.results.models import Observation
from encounters.results.vital_signs import BY_LOINC, SIGNS, VITAL_SIGNS, VitalSign
from encounters.visits.models import Encounter

_WIDTH, _HEIGHT, _LEFT, _TOP = 900, 300, 60, 20


def current_observations(encounter: Encounter) -> QuerySet[Observation]:
    """What holds: replaced rows and those entered in error left out; oldest first."""
    return (
        Observation.objects.filter(encounter=encounter, replaced_by=None)
        .exclude(status=Observation.Status.ENTERED_IN_ERROR)
        .select_related("performer")
        .order_by("effective_at", "pk")
    )


@dataclass(slots=True)
class Round:
    """One time at the bed: every number taken then."""

    batch: uuid.UUID
    effective_at: dt.datetime
    performer: str
    late_reason: str
    observations: dict[str, Observation] = field(default_factory=dict)

    def cells(self, signs: Iterable[VitalSign]) -> list[tuple[Observation, str] | None]:
        """The observation and its words, or None, for each of these signs."""
        found = [(sign, self.observations.get(sign.name)) for sign in signs]
        return [None if row is None else (row, sign.words(row.value)) for sign, row in found]


def signs_of(rounds: Iterable[Round]) -> list[VitalSign]:
    """What the table of these rounds has columns for: the usual signs, and of the others those that were taken."""
    taken = {name for item in rounds for name in item.observations}
    return [sign for sign in SIGNS.values() if sign.name in VITAL_SIGNS or sign.name in taken]


def vital_sign_rounds(encounter: Encounter) -> list[Round]:
    """The rounds of the stay, oldest first."""
    rounds: dict[uuid.UUID, Round] = {}
    for observation in current_observations(encounter).filter(code__in=BY_LOINC):
        found = rounds.setdefault(
            observation.batch,
            Round(
                observation.batch,
                observation.effective_at,
                observation.performer.full_name,
                observation.late_reason,
            ),
        )
        found.observations[BY_LOINC[observation.code].name] = observation
    return sorted(rounds.values(), key=lambda item: item.effective_at)


def latest_values(encounter: Encounter) -> dict[str, Decimal]:
    """The last value of each vital sign."""
    return {BY_LOINC[o.code].name: o.value for o in current_observations(encounter).filter(code__in=BY_LOINC)}


@dataclass(slots=True)
class Curve:
    """One line of the chart: `points` is an SVG polyline's, `dots` carry their values."""

    name: str
    points: str
    dots: list[tuple[float, float, str]]


@dataclass(slots=True)
class Chart:
    """The official sheet: pulse 40–160 red, temperature 35–41 °C blue, bold line at 37 °C (regulation §3.7)."""

    width: int
    height: int
    curves: list[Curve]
    rows: list[tuple[float, str, str]]  # y, pulse label, temperature label
    bold_y: float
    days: list[tuple[float, str]]  # x, label


_SCALES = {"pulse": (Decimal(40), Decimal(160)), "temperature": (Decimal(35), Decimal(41))}


def vital_sign_chart(rounds: list[Round]) -> Chart | None:
    """Geometry of the chart in SVG units; None with fewer than two rounds."""
    shown = [item for item in rounds if item.observations.keys() & _SCALES.keys()]
    if len(shown) < 2:
        return None
    start, end = shown[0].effective_at, shown[-1].effective_at
    span = max((end - start).total_seconds(), 1)

    def x_of(at: dt.datetime) -> float:
        return round(_LEFT + (at - start).total_seconds() / span * (_WIDTH - _LEFT - 15), 1)

    def y_of(name: str, value: Decimal) -> float:
        low, high = _SCALES[name]
        part = (min(max(value, low), high) - low) / (high - low)
        return round(float(_TOP + (1 - part) * (_HEIGHT - _TOP - 25)), 1)

    curves = []
    for name in _SCALES:
        dots = [
            (
                x_of(item.effective_at),
                y_of(name, item.observations[name].value),
                f"{item.observations[name].value:.1f}",
            )
            for item in shown
            if name in item.observations
        ]
        curves.append(Curve(name, " ".join(f"{x},{y}" for x, y, _text in dots), dots))
    rows = [
        (y_of("temperature", Decimal(35 + step)), str(40 + 20 * step), str(35 + step)) for step in range(7)
    ]
    first = timezone.localdate(start)
    dates = [
        first + dt.timedelta(days=offset) for offset in range((timezone.localdate(end) - first).days + 1)
    ]
    days = [
        (max(x_of(timezone.make_aware(dt.datetime.combine(date, dt.time()))), float(_LEFT)), f"{date:%d/%m}")
        for date in dates
    ]
    return Chart(_WIDTH, _HEIGHT, curves, rows, y_of("temperature", Decimal(37)), days)
