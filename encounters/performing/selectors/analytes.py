"""What is entered for an order: its analytes with the limits of this patient's sex and age, and the last value of each."""

from dataclasses import dataclass
from decimal import Decimal

from emr.common.clock import local_today
from emr.common.vietnamese import fold
from encounters.orders.models import ServiceRequest
from encounters.orders.selectors.catalogue import in_force
from encounters.performing.models import AnalyteRange
from encounters.results.models import Finding
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.limits import age_in_days
from encounters.results.selectors.reports import number_text, value_text
from patients.registry.access import same_person
from patients.registry.models import Patient


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to enter. `options`: (word, is abnormal). `before`: the last value that holds, None where there is none."""

    row: AnalyteRange
    options: tuple[tuple[str, bool], ...]
    before: Finding | None

    @property
    def name(self) -> str:
        """Of the form's field."""
        return f"v-{self.row.analyte}"

    @property
    def series(self) -> str:
        """As results name what is the same test over the years."""
        return series_of(self.row)

    @property
    def range(self) -> str:
        """The limits in words."""
        low, high = self.row.low, self.row.high
        if low is not None and high is not None:
            return f"{number_text(low)} – {number_text(high)}"
        if low is not None:
            return f"≥ {number_text(low)}"
        return f"≤ {number_text(high)}" if high is not None else ""

    @property
    def before_text(self) -> str:
        """The last value with its unit."""
        return f"{value_text(self.before)} {self.before.unit}".strip() if self.before is not None else ""


def series_of(row: AnalyteRange) -> str:
    """LOINC, else the national code, else the title."""
    return (row.loinc or row.national_code or fold(row.title))[:120]


def _fits(row: AnalyteRange, sex: str, age: int | None) -> bool:
    if row.sex and row.sex != sex:
        return False
    if age is None:
        return row.from_days == 0 and row.to_days is None
    return row.from_days <= age and (row.to_days is None or age < row.to_days)


def _narrowness(row: AnalyteRange) -> tuple[bool, bool, int]:
    """How much a row says of whom it is for: sex before age, the younger group before the older."""
    return (bool(row.sex), row.to_days is not None, row.from_days)


def fields_of(request: ServiceRequest) -> list[Field]:
    """The service's analytes in their order; two queries. Without limits for this sex and age an analyte has none."""
    patient = request.patient.merged_into or request.patient
    age = age_in_days(patient, local_today())
    rows = list(in_force(AnalyteRange.objects.filter(facility=request.facility_id, service=request.code)))
    chosen: dict[str, AnalyteRange] = {}
    limited: set[str] = set()
    for row in sorted(rows, key=lambda row: (row.position, row.analyte)):
        held = chosen.get(row.analyte)
        if not _fits(row, patient.sex, age):
            chosen.setdefault(row.analyte, _without_limits(row))
        elif held is None or row.analyte not in limited or _narrowness(row) > _narrowness(held):
            chosen[row.analyte] = row
            limited.add(row.analyte)
    before = _before(patient, [series_of(row) for row in chosen.values()], request)
    return [Field(row, _options(row), before.get(series_of(row))) for row in chosen.values()]


def _without_limits(row: AnalyteRange) -> AnalyteRange:
    told = {f.attname: getattr(row, f.attname) for f in AnalyteRange._meta.concrete_fields}
    return AnalyteRange(**told | {"id": None, "low": None, "high": None})


def _options(row: AnalyteRange) -> tuple[tuple[str, bool], ...]:
    words = [word.strip() for word in row.choices.split("|") if word.strip()]
    return tuple((word.rstrip("*").strip(), word.endswith("*")) for word in words)


def _before(patient: Patient, series: list[str], request: ServiceRequest) -> dict[str, Finding]:
    """{series: the newest finding that holds, of another order}."""
    found = (
        Finding.objects.filter(
            patient__in=same_person(patient),
            series__in=series,
            report__replaced_by=None,
            report__status__in=RELEASED,
        )
        .exclude(report__request=request)
        .order_by("series", "-effective_at", "-pk")
        .distinct("series")
    )
    return {finding.series: finding for finding in found}


def changed_much(field: Field, number: Decimal) -> bool:
    """Whether the value differs from the last one, in the same unit, by more than the analyte's delta."""
    before, most = field.before, field.row.delta_percent
    if before is None or before.number is None or most is None or before.unit != field.row.unit:
        return False
    if before.number == 0:
        return number != 0
    return abs(number - before.number) / abs(before.number) * 100 > most
