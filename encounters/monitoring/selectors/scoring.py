"""Early warning scores: points out of dated tables, and what a total asks for. What is incomplete has no score."""

import csv
import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from django_stubs_ext import StrOrPromise

from encounters.monitoring.models import RANKS, ScaleChoice, ScoreBand, ScoreResponse
from encounters.orders.selectors.catalogue import in_force
from encounters.results.selectors.limits import age_in_days
from encounters.results.vital_signs import SIGNS, VitalSign
from encounters.visits.models import Encounter

DATA = Path(__file__).parent.parent / "data"
# NEWS2 isn't for who is younger (Royal College of Physicians 2017).
GROWN_MONTHS = 16 * 12
_DAYS_A_MONTH = Decimal("30.4375")


@dataclass(frozen=True, slots=True)
class Band:
    """See `ScoreBand`."""

    scale: str
    sign: str
    variant: str
    from_months: int
    to_months: int | None
    up_to: Decimal | None
    points: int


@dataclass(frozen=True, slots=True)
class Response:
    """See `ScoreResponse`."""

    scale: str
    level: str
    from_score: int | None
    any_single: int | None
    every_minutes: int
    respond_minutes: int | None
    role: str
    words: str


@dataclass(frozen=True, slots=True)
class Tables:
    """What is in force in a facility on a day."""

    bands: tuple[Band, ...]
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One sign's share of a score."""

    sign: VitalSign
    value: Decimal
    points: int

    @property
    def words(self) -> str:
        """The value with its unit."""
        return f"{self.sign.words(self.value)} {self.sign.unit}".strip()


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is None while something is missing: then nothing is asked for, and `missing` names the signs."""

    scale: str
    oxygen_scale: int
    total: int | None
    parts: tuple[Part, ...]
    missing: tuple[VitalSign, ...]
    response: Response | None

    @property
    def level(self) -> str:
        """ "low", "medium", "high" or ""."""
        return self.response.level if self.response is not None else ""

    @property
    def missing_titles(self) -> list[StrOrPromise]:
        """What still has to be taken."""
        return [sign.title for sign in self.missing]


def _band(row: Mapping[str, str]) -> Band:
    return Band(
        row["scale"],
        row["sign"],
        row["variant"],
        int(row["from_months"]),
        int(row["to_months"]) if row["to_months"] else None,
        Decimal(row["up_to"]) if row["up_to"] else None,
        int(row["points"]),
    )


def _response(row: Mapping[str, str]) -> Response:
    number = {
        name: int(row[name]) if row[name] else None
        for name in ("from_score", "any_single", "respond_minutes")
    }
    return Response(
        row["scale"],
        row["level"],
        number["from_score"],
        number["any_single"],
        int(row["every_minutes"]),
        number["respond_minutes"],
        row["role"],
        row["words"],
    )


@functools.cache
def shipped_tables() -> Tables:
    """The tables that come with the product."""

    def rows(name: str) -> list[dict[str, str]]:
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return Tables(
        tuple(_band(row) for row in rows("scores")), tuple(_response(row) for row in rows("responses"))
    )


def tables_of(facility_id: int, on: dt.date) -> Tables:
    """The facility's tables on that day; of a scale of which it has none the product's. Two queries."""
    bands = [
        Band(row.scale, row.sign, row.variant, row.from_months, row.to_months, row.up_to, row.points)
        for row in in_force(ScoreBand.objects.filter(facility=facility_id), on)
    ]
    responses = [
        Response(
            row.scale,
            row.level,
            row.from_score,
            row.any_single,
            row.every_minutes,
            row.respond_minutes,
            row.role,
            row.words,
        )
        for row in in_force(ScoreResponse.objects.filter(facility=facility_id), on)
    ]
    shipped = shipped_tables()
    own, answered = {band.scale for band in bands}, {row.scale for row in responses}
    return Tables(
        (*bands, *(band for band in shipped.bands if band.scale not in own)),
        (*responses, *(row for row in shipped.responses if row.scale not in answered)),
    )


def score(
    tables: Tables,
    values: Mapping[str, Decimal],
    *,
    scale: str,
    oxygen_scale: int = 1,
    months: int | None = None,
) -> Score:
    """The score of one round: `values` by name of SIGNS in their units, `months` the age (None: grown up)."""
    age = GROWN_MONTHS if months is None else months
    of_scale = [band for band in tables.bands if band.scale == scale and _fits(band, age)]
    parts, missing = [], []
    for name in dict.fromkeys(band.sign for band in of_scale):
        variant = _variant(name, of_scale, values, oxygen_scale)
        if name not in values or variant is None:
            missing.append(SIGNS[name])
            continue
        rows = [band for band in of_scale if band.sign == name and band.variant == variant]
        points = _points(rows, SIGNS[name], values[name])
        if points is None:
            missing.append(SIGNS[name])
        else:
            parts.append(Part(SIGNS[name], values[name], points))
    if missing or not parts:
        return Score(scale, oxygen_scale, None, tuple(parts), tuple(missing), None)
    total = sum(part.points for part in parts)
    most = max(part.points for part in parts)
    return Score(scale, oxygen_scale, total, tuple(parts), (), _asked(tables.responses, scale, total, most))


def _fits(band: Band, months: int) -> bool:
    return band.from_months <= months and (band.to_months is None or months < band.to_months)


def _variant(
    name: str, bands: Sequence[Band], values: Mapping[str, Decimal], oxygen_scale: int
) -> str | None:
    """Which bands of a sign count; None while that depends on something that isn't known."""
    variants = {band.variant for band in bands if band.sign == name}
    if variants == {""}:
        return ""
    if oxygen_scale == 1:
        return "1"
    flow = values.get("oxygen_flow")
    return None if flow is None else "2o" if flow > 0 else "2a"


def _points(rows: Iterable[Band], sign: VitalSign, value: Decimal) -> int | None:
    """Tables are printed to the sign's decimals: a value is rounded to them first, so none falls between two bands."""
    shown = value.quantize(Decimal(1).scaleb(-sign.decimals), ROUND_HALF_UP)
    ordered = sorted(rows, key=lambda band: (band.up_to is None, band.up_to or Decimal(0)))
    return next((band.points for band in ordered if band.up_to is None or shown <= band.up_to), None)


def _asked(responses: Iterable[Response], scale: str, total: int, most: int) -> Response | None:
    """The gravest of what the total and its largest single part ask for."""
    found = [
        row
        for row in responses
        if row.scale == scale
        and (
            (row.from_score is not None and row.from_score <= total)
            or (row.any_single is not None and row.any_single <= most)
        )
    ]
    return max(
        found, key=lambda row: (RANKS[row.level], -row.every_minutes, row.from_score or 0), default=None
    )


@dataclass(frozen=True, slots=True)
class Scaling:
    """By what somebody is scored on a day, and why where a doctor said so."""

    scale: str
    oxygen_scale: int
    months: int | None
    choice: ScaleChoice | None

    @property
    def is_chosen(self) -> bool:
        """Whether a doctor said so."""
        return self.choice is not None


def scaling_of(encounter: Encounter, choice: ScaleChoice | None, on: dt.date) -> Scaling:
    """A doctor's choice goes before what the age says: PEWS below 16 years, else NEWS2."""
    patient = encounter.patient.merged_into or encounter.patient
    days = age_in_days(patient, on)
    months = None if days is None else int(days / _DAYS_A_MONTH)
    if choice is not None:
        return Scaling(choice.scale, choice.oxygen_scale, months, choice)
    return Scaling("PEWS" if months is not None and months < GROWN_MONTHS else "NEWS2", 1, months, None)


def choices_of(stay_ids: Iterable[int], at: dt.datetime | None = None) -> dict[int, ScaleChoice]:
    """The newest choice of each stay (at an instant): one query."""
    found = ScaleChoice.objects.filter(encounter__in=list(stay_ids)).select_related("author")
    if at is not None:
        found = found.filter(created_at__lte=at)
    rows = found.order_by("encounter", "-pk").distinct("encounter")
    return {row.encounter_id: row for row in rows}
