"""The vital signs that a ward takes: LOINC code, UCUM unit, what is possible, what is usual for an adult."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class VitalSign:
    """`possible` is refused outside, `usual` is asked about ("38,5 or 385?"). Both are in `unit`."""

    name: str
    loinc: str
    title: StrOrPromise
    unit: str
    ucum: str
    decimals: int
    possible: tuple[Decimal, Decimal]
    usual: tuple[Decimal, Decimal]


def _sign(  # noqa: PLR0917  rows of a table
    name: str,
    loinc: str,
    title: StrOrPromise,
    unit: str,
    ucum: str,
    decimals: int,
    possible: tuple[str, str],
    usual: tuple[str, str],
) -> VitalSign:
    low, high = (Decimal(part) for part in possible)
    usual_low, usual_high = (Decimal(part) for part in usual)
    return VitalSign(name, loinc, title, unit, ucum, decimals, (low, high), (usual_low, usual_high))


# FHIR vital signs profile: http://hl7.org/fhir/R4/observation-vitalsigns.html
VITAL_SIGNS: dict[str, VitalSign] = {
    sign.name: sign
    for sign in (
        _sign("pulse", "8867-4", _("Pulse"), "/ph", "/min", 0, ("0", "350"), ("40", "160")),
        _sign("temperature", "8310-5", _("Temperature"), "°C", "Cel", 1, ("25", "45"), ("35", "41")),
        _sign("systolic", "8480-6", _("Systolic pressure"), "mmHg", "mm[Hg]", 0, ("0", "350"), ("70", "220")),
        _sign(
            "diastolic", "8462-4", _("Diastolic pressure"), "mmHg", "mm[Hg]", 0, ("0", "250"), ("35", "130")
        ),
        _sign("respiration", "9279-1", _("Breathing rate"), "/ph", "/min", 0, ("0", "120"), ("8", "40")),
        _sign("oxygen", "59408-5", _("SpO2"), "%", "%", 0, ("0", "100"), ("85", "100")),
        _sign("weight", "29463-7", _("Weight"), "kg", "kg", 1, ("0.2", "400"), ("2", "150")),
        _sign("height", "8302-2", _("Height"), "cm", "cm", 0, ("20", "260"), ("45", "200")),
    )
}
BY_LOINC = {sign.loinc: sign for sign in VITAL_SIGNS.values()}
