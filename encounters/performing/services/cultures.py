"""What grew, as findings: an isolate is a heading, its antibiogram stands under it, as laboratory systems send them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.common.vietnamese import fold
from encounters.performing.models import AnalyteRange, Organism
from encounters.performing.services.numbers import number_in
from encounters.results.facts import ValueFacts

JUDGEMENTS = ("S", "I", "R")
MIC_UNIT, ZONE_UNIT = "mg/L", "mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One antibiotic on one isolate as it was typed: least inhibiting concentration (mg/L), zone (mm), S, I or R."""

    title: str
    code: str = ""
    mic: str = ""
    zone: str = ""
    judged: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed for it."""
        return not (self.mic or self.zone or self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolate:
    """One microorganism that grew, as it was typed; `number` is its place on the form, from 1."""

    number: int
    organism: str
    quantity: str = ""
    note: str = ""
    tried: tuple[Tried, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed for it."""
        told = self.organism or self.quantity or self.note
        return not told and all(one.is_empty for one in self.tried)


def growth_of(
    row: AnalyteRange, isolates: Sequence[Isolate], organisms: Sequence[Organism]
) -> list[ValueFacts]:
    """A heading an isolate, numbered in the order of the form. Raises DomainError naming the form's field."""
    told = [isolate for isolate in isolates if not isolate.is_empty]
    return [_isolate(row, isolate, place, organisms) for place, isolate in enumerate(told, 1)]


def _isolate(row: AnalyteRange, isolate: Isolate, place: int, organisms: Sequence[Organism]) -> ValueFacts:
    if not isolate.organism:
        raise DomainError(
            _("Isolate %(number)d: say what it is.") % {"number": isolate.number},
            code="bad_value",
            field=f"i{isolate.number}-organism",
        )
    known = known_organism(isolate.organism, organisms)
    return ValueFacts(
        title=f"{row.title} {place}",
        code=row.analyte,
        loinc=row.loinc,
        national_code=row.national_code,
        text=known.title if known is not None else isolate.organism,
        value_code=known.code if known is not None else "",
        flag="POS",
        note="\n".join(part for part in (isolate.quantity, isolate.note) if part),
        children=tuple(_tried(one, isolate) for one in isolate.tried if not one.is_empty),
    )


def known_organism(typed: str, organisms: Sequence[Organism]) -> Organism | None:
    """The one whose code or name was typed, with or without accents."""
    wanted = fold(typed)
    return next((row for row in organisms if wanted in {fold(row.code), fold(row.title)}), None)


def _tried(one: Tried, isolate: Isolate) -> ValueFacts:
    where = f"i{isolate.number}-{one.code or '_'}"
    about = {"name": one.title, "number": isolate.number}
    if not one.title:
        raise DomainError(
            _("Isolate %(number)d: say which antibiotic.") % about, code="bad_value", field=f"{where}-title"
        )
    if one.judged not in JUDGEMENTS:
        raise DomainError(
            _("%(name)s, isolate %(number)d: choose S, I or R.") % about,
            code="bad_value",
            field=f"{where}-judged",
        )
    value = ValueFacts(title=one.title, code=one.code, flag=one.judged)
    mic, zone = _measured(one.mic, f"{where}-mic", about), _measured(one.zone, f"{where}-zone", about)
    if mic is not None:
        beside = f"{one.zone} {ZONE_UNIT}" if zone is not None else ""
        return replace(
            value, comparator=mic[0], number=mic[1], unit=MIC_UNIT, ucum=MIC_UNIT, method="MIC", note=beside
        )
    if zone is not None:
        return replace(value, comparator=zone[0], number=zone[1], unit=ZONE_UNIT, ucum=ZONE_UNIT)
    return replace(value, text=one.judged)


def _measured(typed: str, field: str, about: dict[str, Any]) -> tuple[str, Decimal] | None:
    if not typed:
        return None
    found = number_in(typed)
    if found is None or found[1] < 0:
        raise DomainError(
            _("%(name)s, isolate %(number)d: a number, please.") % about, code="bad_value", field=field
        )
    return found
