"""What monitors call vital signs and units (ISO/IEEE 11073-10101, as IHE PCD-01 sends them), and ours.

A neighbour's own codes go through the mapping tables (kinds "service" and "unit") before these are asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from encounters.results.vital_signs import BY_LOINC, SIGNS, VITAL_SIGNS, VitalSign
from integrations.hl7v2.order_segments import Concept
from integrations.transport.codes import Sent, neighbour_codes, ours
from integrations.transport.models import Channel, NeighbourCode

SERVICE, UNIT = NeighbourCode.Kind.SERVICE.value, NeighbourCode.Kind.UNIT.value
_MDC_SYSTEMS = {"", "MDC", "ISO/IEEE 11073-10101", "11073-10101", "1.2.840.10004.1.1.1.0.0.1"}

# Of several that name one sign the first in this order counts: a heart rate before a pulse rate, a cuff before a line.
MDC: dict[str, str] = {
    "147842": "pulse",  # MDC_ECG_HEART_RATE
    "149530": "pulse",  # MDC_PULS_OXIM_PULS_RATE
    "149514": "pulse",  # MDC_PULS_RATE
    "149522": "pulse",
    "149546": "pulse",  # MDC_PULS_RATE_NON_INV
    "150456": "oxygen",  # MDC_PULS_OXIM_SAT_O2
    "151562": "respiration",  # MDC_RESP_RATE
    "151578": "respiration",  # MDC_TTHOR_RESP_RATE
    "151594": "respiration",  # MDC_CO2_RESP_RATE
    "150364": "temperature",  # MDC_TEMP_BODY
    "150344": "temperature",  # MDC_TEMP
    "150021": "systolic",  # MDC_PRESS_BLD_NONINV_SYS
    "150301": "systolic",  # MDC_PRESS_CUFF_SYS
    "150017": "systolic",  # MDC_PRESS_BLD_SYS
    "150037": "systolic",  # MDC_PRESS_BLD_ART_ABP_SYS
    "150033": "systolic",  # MDC_PRESS_BLD_ART_SYS
    "150022": "diastolic",
    "150302": "diastolic",
    "150018": "diastolic",
    "150038": "diastolic",
    "150034": "diastolic",
}
_RANKS = {code: rank for rank, code in enumerate(MDC)}
# A systolic pressure goes with the diastolic one of the same way of measuring.
PRESSURE_PAIRS = {
    "150021": "150022", "150301": "150302", "150017": "150018", "150037": "150038", "150033": "150034",
}  # fmt: skip

# Units as sent (MDC number, UCUM, or what is written for it) → UCUM.
UNITS: dict[str, str] = {
    "264864": "/min", "264928": "/min", "{beat}/min": "/min", "{beats}/min": "/min", "{breath}/min": "/min",
    "{breaths}/min": "/min", "{resp}/min": "/min", "1/min": "/min", "/min": "/min", "bpm": "/min", "rpm": "/min",
    "262688": "%", "%": "%",
    "266016": "mm[Hg]", "mm[Hg]": "mm[Hg]", "mmHg": "mm[Hg]",
    "265987": "kPa", "kPa": "kPa",
    "268192": "Cel", "Cel": "Cel", "°C": "Cel", "degC": "Cel",
    "266560": "[degF]", "[degF]": "[degF]", "°F": "[degF]", "degF": "[degF]",
}  # fmt: skip
_KPA = Decimal("7.500615")


@dataclass(frozen=True, slots=True)
class Named:
    """A sign as one OBX names it; the lower `rank` goes before another name of the same sign."""

    sign: VitalSign
    code: str
    rank: int


class Words:
    """What the codes of one message mean; gathers those that nobody has mapped."""

    def __init__(self, channel: Channel, concepts: Iterable[Concept], units: Iterable[str]) -> None:
        codes = {code for concept in concepts for code in _codes(concept)}
        wanted = {unit for unit in units if unit}
        self._channel = channel
        self._services: Mapping[str, str] = ours(channel, SERVICE, codes) if codes else {}
        self._units: Mapping[str, str] = ours(channel, UNIT, wanted) if wanted else {}
        self._unknown: dict[tuple[str, str], Sent] = {}

    def sign(self, concept: Concept) -> Named | None:
        """The vital sign; None for what is none of ours. A person's mapping goes before every table."""
        for code in _codes(concept):
            if (loinc := self._services.get(code)) is not None:
                sign = BY_LOINC.get(loinc)
                # Mapped to itself, or to what no round takes: a person has said that it isn't wanted.
                return Named(sign, code, -1) if sign is not None and sign.name in SIGNS else None
        if (sign := BY_LOINC.get(concept.loinc)) is not None:
            return Named(sign, concept.loinc, 0)
        for coded in (concept.first, concept.alternate):
            if coded.identifier in MDC and coded.coding_system.upper() in _MDC_SYSTEMS:
                return Named(VITAL_SIGNS[MDC[coded.identifier]], coded.identifier, _RANKS[coded.identifier])
        code = next(iter(_codes(concept)), "")
        if code:
            self._unknown[SERVICE, code] = Sent(SERVICE, code, concept.text)
        return None

    def value(self, sign: VitalSign, number: Decimal, unit: str, words: str = "") -> Decimal | None:
        """The number in the sign's own unit and decimals; None where the unit isn't known or isn't one of this sign's."""
        ucum = self._units.get(unit) or UNITS.get(unit) or (unit if unit == sign.ucum else "")
        if not ucum:
            if unit:
                self._unknown[UNIT, unit] = Sent(UNIT, unit, words)
            return None
        found = _converted(number, ucum, sign.ucum)
        return None if found is None else found.quantize(Decimal(1).scaleb(-sign.decimals), ROUND_HALF_UP)

    def unknown(self) -> list[Sent]:
        """What nobody has mapped and is not on the list yet: a monitor says the same a thousand times a day."""
        if not self._unknown:
            return []
        codes = {code for _kind, code in self._unknown}
        rows = neighbour_codes(self._channel).filter(kind__in=[SERVICE, UNIT], code__in=codes)
        listed = set(rows.values_list("kind", "code"))
        return [sent for key, sent in self._unknown.items() if key not in listed]


def _codes(concept: Concept) -> list[str]:
    """The sender's own codes, LOINC's apart."""
    found = [c.identifier for c in (concept.first, concept.alternate) if c.identifier != concept.loinc]
    return [code[:200] for code in found if code]


def _converted(number: Decimal, ucum: str, wanted: str) -> Decimal | None:
    if ucum == wanted:
        return number
    if (ucum, wanted) == ("[degF]", "Cel"):
        return (number - 32) * 5 / 9
    if (ucum, wanted) == ("kPa", "mm[Hg]"):
        return number * _KPA
    return None
