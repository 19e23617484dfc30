"""Critical limits of one patient at one time: the facility's table, and what the product knows where it says nothing."""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from emr.common.compiled import Compiled
from encounters.orders.selectors.catalogue import in_force
from encounters.results import flags
from encounters.results.facts import ValueFacts
from encounters.results.flags import Limits
from encounters.results.models import CriticalLimit
from encounters.results.units import factor, plain_unit
from patients.registry.models import Patient

LimitsOf = Callable[[ValueFacts], Limits]


def age_in_days(patient: Patient, on: dt.date) -> int | None:
    """Whole days on that day; of somebody whose birth year alone is known from the middle of that year."""
    born = _born(patient)
    return max((on - born).days, 0) if born is not None else None


def age_in_years(patient: Patient, on: dt.date) -> int | None:
    """Whole years on that day."""
    born = _born(patient)
    if born is None:
        return None
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)


def _born(patient: Patient) -> dt.date | None:
    if patient.birth_date is not None:
        return patient.birth_date
    return dt.date(patient.birth_year, patient.birth_month or 7, 1) if patient.birth_year else None


def critical_limits(patient: Patient, at: dt.datetime, values: Iterable[ValueFacts]) -> LimitsOf:
    """What is critical for the person at the time that the specimen was taken; one query, none without numbers.

    Of the rows of a test in the value's unit that fit sex and age the narrowest holds. Without the age only rows for every
    age fit. A test of which the facility has no fitting row keeps the product's limits (`analytes.py`).
    """
    person = patient.merged_into or patient
    numbers = [value for value in values if value.number is not None]
    tests = {test for value in numbers for test in (value.loinc, value.national_code) if test}
    if not tests:
        return flags.limits_of
    on = timezone.localdate(at)
    fitting = [
        row for row in _limits_of_tests(person.facility_id, sorted(tests), on) if _fits(row, person, on)
    ]
    fitting.sort(key=_narrowness, reverse=True)

    def limits(value: ValueFacts) -> Limits:
        for row in fitting:
            if row.test not in {value.loinc, value.national_code}:
                continue
            scale = _scale(row, value)
            if scale is not None:
                low, high = (None if limit is None else limit * scale for limit in (row.low, row.high))
                return (low, high)
        return flags.limits_of(value)

    return limits


@Compiled
def _limits_of_tests(facility_id: int, tests: list[str], on: dt.date) -> QuerySet[CriticalLimit]:
    return in_force(CriticalLimit.objects.filter(facility=facility_id, test__any_of=tests), on)


def _scale(row: CriticalLimit, value: ValueFacts) -> Decimal | None:
    """By what the row's limits are multiplied to stand in the value's unit; None where that says nothing."""
    given = {plain_unit(unit) for unit in (value.ucum, value.unit) if unit} or {""}
    if given & {plain_unit(row.unit), plain_unit(row.ucum)}:
        return Decimal(1)
    return factor(row.ucum, value.ucum) if row.ucum and value.ucum else None


def _fits(row: CriticalLimit, person: Patient, on: dt.date) -> bool:
    if row.sex and row.sex != person.sex:
        return False
    age = age_in_years(person, on) if row.age_unit == row.AgeUnit.YEAR else age_in_days(person, on)
    if age is None:
        return row.from_age == 0 and row.to_age is None
    return row.from_age <= age and (row.to_age is None or age < row.to_age)


def _narrowness(row: CriticalLimit) -> tuple[bool, int, bool, int]:
    """An age group before everybody, the shorter before the longer, one sex before both."""
    days = 365 if row.age_unit == row.AgeUnit.YEAR else 1
    span = -(row.to_age - row.from_age) * days if row.to_age is not None else 0
    return (row.to_age is not None, span, bool(row.sex), row.from_age * days)
