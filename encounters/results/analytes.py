"""What must be told at once: usual limits for adults, of tests that district laboratories do every day.

They count beside what a sender flags, so that a laboratory that marks potassium 7.1 merely as high rings all the same. LOINC
codes are © Regenstrief Institute, used under its licence.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measured thing: below `low` and above `high`, in `unit` (UCUM: `ucum`) a value has to be read at once."""

    loinc: str
    title: str
    unit: str
    ucum: str
    low: Decimal | None
    high: Decimal | None


def _row(loinc: str, title: str, unit: str, ucum: str, low: str, high: str) -> Analyte:  # noqa: PLR0917  rows of a table
    return Analyte(loinc, title, unit, ucum, Decimal(low) if low else None, Decimal(high) if high else None)


BY_LOINC: dict[str, Analyte] = {
    row.loinc: row
    for row in (
        _row("6690-2", "Bạch cầu (WBC)", "G/L", "10*9/L", "1", "50"),
        _row("718-7", "Huyết sắc tố (HGB)", "g/L", "g/L", "60", "200"),
        _row("4544-3", "Hematocrit (HCT)", "%", "%", "18", "60"),
        _row("777-3", "Tiểu cầu (PLT)", "G/L", "10*9/L", "30", "1000"),
        _row("6301-6", "INR", "", "{INR}", "", "5"),
        _row("14979-9", "APTT", "giây", "s", "", "100"),
        _row("3255-7", "Fibrinogen", "g/L", "g/L", "1", ""),
        _row("14749-6", "Glucose", "mmol/L", "mmol/L", "2.5", "27.8"),
        _row("14743-9", "Glucose mao mạch", "mmol/L", "mmol/L", "2.5", "27.8"),
        _row("22664-7", "Urê", "mmol/L", "mmol/L", "", "36"),
        _row("14682-9", "Creatinin", "µmol/L", "umol/L", "", "650"),
        _row("2951-2", "Natri", "mmol/L", "mmol/L", "120", "160"),
        _row("2823-3", "Kali", "mmol/L", "mmol/L", "2.5", "6.5"),
        _row("2075-0", "Clo", "mmol/L", "mmol/L", "80", "120"),
        _row("2000-8", "Calci toàn phần", "mmol/L", "mmol/L", "1.6", "3.3"),
        _row("1995-0", "Calci ion hóa", "mmol/L", "mmol/L", "0.8", "1.6"),
        _row("2601-3", "Magnesi", "mmol/L", "mmol/L", "0.4", "2"),
        _row("67151-1", "Troponin T hs", "ng/L", "ng/L", "", "52"),
        _row("2524-7", "Lactat", "mmol/L", "mmol/L", "", "4"),
        _row("2744-1", "pH máu động mạch", "", "[pH]", "7.2", "7.6"),
        _row("2019-8", "pCO2", "mmHg", "mm[Hg]", "20", "70"),
        _row("2703-7", "pO2", "mmHg", "mm[Hg]", "40", ""),
        _row("1960-4", "HCO3-", "mmol/L", "mmol/L", "10", "40"),
    )
}
