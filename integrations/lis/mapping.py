"""A producer's codes of tests and units to ours, as somebody mapped them; what nobody has mapped is listed.

What the producer sent stays on the report (title, unit, number); a mapping adds our code, LOINC and UCUM, so that the same
test of two producers is one test in the chart.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from encounters.orders.models import OrderableService
from encounters.orders.selectors.catalogue import orderable, services_by_code
from encounters.results.analytes import BY_LOINC
from encounters.results.facts import ReportFacts, ValueFacts, all_values
from integrations.transport.catalogues import MOST, Catalogue
from integrations.transport.codes import Sent, ours_of
from integrations.transport.models import Channel, NeighbourCode

SERVICE, UNIT = NeighbourCode.Kind.SERVICE.value, NeighbourCode.Kind.UNIT.value
_LOINC = re.compile(r"(\d{1,7})-(\d)")
_NATIONAL = re.compile(r"[1-9]\d{6}")  # index code of QĐ 1227/QĐ-BYT
# UCUM is printable ASCII without blanks (UCUM §2).
_UCUM = re.compile(r"[!-~]{1,60}")
# Units that mean the same to everybody as they are written here; G/L and g/L don't, so case counts.
_PLAIN_UNITS = {
    "%", "g/L", "g/dL", "mg/L", "mg/dL", "µg/L", "μg/L", "ug/L", "ng/L", "ng/mL", "pg/mL", "mol/L", "mmol/L", "µmol/L",
    "μmol/L", "umol/L", "nmol/L", "pmol/L", "U/L", "IU/L", "IU/mL", "mIU/L", "mIU/mL", "µIU/mL", "mEq/L", "G/L", "T/L",
    "fL", "pg", "mmHg", "s", "giây", "min", "phút", "mm/h", "g/24h", "mmol/24h", "mL", "mL/min", "kg", "cm",
    *(row.unit for row in BY_LOINC.values()),
}  # fmt: skip


def is_loinc(code: str) -> bool:
    """Whether it is written as LOINC codes are, with the right check digit (Luhn's, LOINC Users' Guide)."""
    found = _LOINC.fullmatch(code)
    if found is None:
        return False
    total = 0
    for place, digit in enumerate(reversed(found[1])):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return (-total) % 10 == int(found[2])


def _known_services(facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    """Services of the facility; LOINC and national index codes, which no table of ours lists whole, by their form."""
    wanted = set(codes)
    found = {code: row.name for code, row in services_by_code(facility_id, wanted).items()}
    for code in wanted - found.keys():
        if is_loinc(code):
            found[code] = BY_LOINC[code].title if code in BY_LOINC else "LOINC"
        elif _NATIONAL.fullmatch(code):
            found[code] = "QĐ 1227/QĐ-BYT"
    return found


def _find_services(facility_id: int, typed: str) -> list[tuple[str, str]]:
    found = [(row.code, row.name) for row in orderable(facility_id, typed)[:MOST]]
    words = typed.casefold()
    loinc = [
        (a.loinc, f"{a.title} (LOINC)")
        for a in BY_LOINC.values()
        if words in f"{a.loinc} {a.title}".casefold()
    ]
    return [*found, *loinc][:MOST]


def _known_units(_facility_id: int, codes: Iterable[str]) -> dict[str, str]:
    return {code: "UCUM" for code in codes if _UCUM.fullmatch(code)}


def _find_units(_facility_id: int, typed: str) -> list[tuple[str, str]]:
    pairs = sorted({(row.ucum, row.unit) for row in BY_LOINC.values() if row.ucum})
    return [(ucum, unit) for ucum, unit in pairs if typed.casefold() in f"{ucum} {unit}".casefold()][:MOST]


# A hospital need not have a code of its own for every test: a person may let the producer's stand.
SERVICES = Catalogue(_known_services, _find_services, takes_as_sent=True)
UNITS = Catalogue(_known_units, _find_units)


class Translation:
    """What is mapped of the codes in some reports; gathers what isn't."""

    def __init__(self, channel: Channel, reports: Sequence[ReportFacts]) -> None:
        values = [value for report in reports for value in all_values(report.values)]
        codes = {code for code in (*(r.code for r in reports), *(v.code for v in values)) if code}
        units = {value.unit for value in values if value.unit and not value.ucum}
        known = ours_of(channel, {SERVICE: codes, UNIT: units})
        self._mapped, self._units = known[SERVICE], known[UNIT]
        self._services = (
            services_by_code(channel.facility_id, {*codes, *self._mapped.values()}) if codes else {}
        )
        self.unknown_tests: dict[str, Sent] = {}
        self.unknown_units: dict[str, Sent] = {}

    @property
    def unknown(self) -> Iterator[Sent]:
        """Tests and units that nobody has mapped."""
        yield from self.unknown_tests.values()
        yield from self.unknown_units.values()

    def report(self, facts: ReportFacts, *, is_ordered: bool) -> ReportFacts:
        """The report in our codes; of one that answers an order of ours the order says what was asked for.

        A mapping that came after the message makes another version of it: the same number, other facts.
        """
        names: dict[str, Any] = (
            {} if is_ordered else self._names(facts.code, facts.title, facts.loinc, facts.national_code)
        )
        values = tuple(self._value(value) for value in facts.values)
        if not names and values == facts.values:
            return facts
        told = repr(
            (sorted(names.items()), [(v.code, v.loinc, v.national_code, v.ucum) for v in all_values(values)])
        )
        version = f"{facts.version_key}:{hashlib.sha256(told.encode()).hexdigest()[:8]}"
        return replace(facts, values=values, version_key=version, **names)

    def _value(self, value: ValueFacts) -> ValueFacts:
        names = self._names(value.code, value.title, value.loinc, value.national_code)
        children = tuple(self._value(child) for child in value.children)
        if ucum := self._ucum(value):
            names["ucum"] = ucum
        if not names and children == value.children:
            return value
        return replace(value, children=children, **names)

    def _ucum(self, value: ValueFacts) -> str:
        if not value.unit or value.ucum:
            return ""
        if value.unit not in self._units and value.unit not in _PLAIN_UNITS:
            self.unknown_units[value.unit] = Sent(UNIT, value.unit, value.title)
        return self._units.get(value.unit, "")

    def _names(self, code: str, title: str, loinc: str, national_code: str) -> dict[str, Any]:
        """What the mapping says of a test: {field: value}; empty for one that is understood as it is."""
        if not code:
            return {}
        mapped = self._mapped.get(code, "")
        if not mapped:
            if not loinc and not national_code and code not in self._services:
                self.unknown_tests[code] = Sent(SERVICE, code, title)
            return {}
        service: OrderableService | None = self._services.get(mapped)
        if service is not None:
            named = {"code": mapped, "loinc": loinc or service.loinc}
            named["national_code"] = national_code or service.national_code
        elif is_loinc(mapped):
            named = {"loinc": mapped}
        elif _NATIONAL.fullmatch(mapped):
            named = {"national_code": mapped}
        else:  # stands as sent
            named = {}
        before = {"code": code, "loinc": loinc, "national_code": national_code}
        return {field: value for field, value in named.items() if value != before[field]}
