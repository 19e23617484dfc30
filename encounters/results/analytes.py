"""The tests that district laboratories do every day: LOINC, unit, range of a healthy adult, and what must be told at once.

Ranges and limits are usual ones for adults and serve where a laboratory enters results here or sends none; what a sender
gives with a value always goes before them. LOINC codes and names are © Regenstrief Institute, used under its licence.
"""

from dataclasses import dataclass
from decimal import Decimal

Range = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Analyte:
    """One measured thing. `normal` and `critical` are (low, high) in `unit`; `normal_female` where women differ."""

    loinc: str
    title: str
    unit: str
    ucum: str
    decimals: int
    normal: Range
    normal_female: Range | None = None
    critical: Range = (None, None)

    def range_for(self, sex: str) -> Range:
        """The range of a healthy adult of this sex (FHIR's code)."""
        return self.normal_female if sex == "female" and self.normal_female else self.normal


def _range(text: str) -> Range:
    low, high = text.split("..")
    return (Decimal(low) if low else None, Decimal(high) if high else None)


def _row(  # noqa: PLR0917  rows of a table
    loinc: str,
    title: str,
    unit: str,
    ucum: str,
    decimals: int,
    normal: str = "..",
    female: str = "",
    critical: str = "..",
) -> Analyte:
    women = _range(female) if female else None
    return Analyte(loinc, title, unit, ucum, decimals, _range(normal), women, _range(critical))


# The laboratory's words are Vietnamese names: what the paper forms 16/BV2 to 24/BV2 call them.
_ROWS = (
    _row("6690-2", "Bạch cầu (WBC)", "G/L", "10*9/L", 2, "4..10", "", "1..50"),
    _row("789-8", "Hồng cầu (RBC)", "T/L", "10*12/L", 2, "4.2..5.9", "3.8..5.2"),
    _row("718-7", "Huyết sắc tố (HGB)", "g/L", "g/L", 0, "130..170", "120..150", "60..200"),
    _row("4544-3", "Hematocrit (HCT)", "%", "%", 1, "39..50", "36..46", "18..60"),
    _row("787-2", "MCV", "fL", "fL", 1, "80..100"),
    _row("785-6", "MCH", "pg", "pg", 1, "27..33"),
    _row("786-4", "MCHC", "g/L", "g/L", 0, "320..360"),
    _row("777-3", "Tiểu cầu (PLT)", "G/L", "10*9/L", 0, "150..400", "", "30..1000"),
    _row("770-8", "Bạch cầu trung tính", "%", "%", 1, "45..75"),
    _row("736-9", "Bạch cầu lympho", "%", "%", 1, "20..45"),
    _row("4537-7", "Máu lắng giờ đầu", "mm", "mm", 0, "..15", "..20"),
    _row("5902-2", "PT", "giây", "s", 1, "11..14"),
    _row("6301-6", "INR", "", "{INR}", 2, "0.8..1.2", "", "..5"),
    _row("14979-9", "APTT", "giây", "s", 1, "25..37", "", "..100"),
    _row("3255-7", "Fibrinogen", "g/L", "g/L", 2, "2..4", "", "1.."),
    _row("48065-7", "D-Dimer", "mg/L FEU", "mg{FEU}/L", 2, "..0.5"),
    _row("14749-6", "Glucose", "mmol/L", "mmol/L", 1, "3.9..6.4", "", "2.5..27.8"),
    _row("14743-9", "Glucose mao mạch", "mmol/L", "mmol/L", 1, "3.9..7.8", "", "2.5..27.8"),
    _row("4548-4", "HbA1c", "%", "%", 1, "4..6"),
    _row("22664-7", "Urê", "mmol/L", "mmol/L", 1, "2.5..7.5", "", "..36"),
    _row("14682-9", "Creatinin", "µmol/L", "umol/L", 0, "62..106", "44..80", "..650"),
    _row("14933-6", "Acid uric", "µmol/L", "umol/L", 0, "208..428", "155..357"),
    _row("1920-8", "AST (GOT)", "U/L", "U/L", 0, "..40"),
    _row("1742-6", "ALT (GPT)", "U/L", "U/L", 0, "..41", "..33"),
    _row("2324-2", "GGT", "U/L", "U/L", 0, "..60", "..40"),
    _row("6768-6", "ALP", "U/L", "U/L", 0, "40..130", "35..105"),
    _row("14631-6", "Bilirubin toàn phần", "µmol/L", "umol/L", 1, "..21"),
    _row("14629-0", "Bilirubin trực tiếp", "µmol/L", "umol/L", 1, "..5"),
    _row("2885-2", "Protein toàn phần", "g/L", "g/L", 0, "66..83"),
    _row("1751-7", "Albumin", "g/L", "g/L", 0, "35..52"),
    _row("14647-2", "Cholesterol toàn phần", "mmol/L", "mmol/L", 2, "..5.2"),
    _row("14927-8", "Triglycerid", "mmol/L", "mmol/L", 2, "..1.7"),
    _row("14646-4", "HDL-C", "mmol/L", "mmol/L", 2, "1.0..", "1.3.."),
    _row("22748-8", "LDL-C", "mmol/L", "mmol/L", 2, "..3.4"),
    _row("2951-2", "Natri", "mmol/L", "mmol/L", 0, "135..145", "", "120..160"),
    _row("2823-3", "Kali", "mmol/L", "mmol/L", 1, "3.5..5.0", "", "2.5..6.5"),
    _row("2075-0", "Clo", "mmol/L", "mmol/L", 0, "98..107", "", "80..120"),
    _row("2000-8", "Calci toàn phần", "mmol/L", "mmol/L", 2, "2.15..2.55", "", "1.6..3.3"),
    _row("1995-0", "Calci ion hóa", "mmol/L", "mmol/L", 2, "1.15..1.32", "", "0.8..1.6"),
    _row("2601-3", "Magnesi", "mmol/L", "mmol/L", 2, "0.66..1.07", "", "0.4..2"),
    _row("2276-4", "Ferritin", "ng/mL", "ng/mL", 0, "30..400", "13..150"),
    _row("1798-8", "Amylase", "U/L", "U/L", 0, "28..100"),
    _row("3040-3", "Lipase", "U/L", "U/L", 0, "13..60"),
    _row("2157-6", "CK", "U/L", "U/L", 0, "..190", "..170"),
    _row("67151-1", "Troponin T hs", "ng/L", "ng/L", 0, "..14", "", "..52"),
    _row("33762-6", "NT-proBNP", "pg/mL", "pg/mL", 0, "..125"),
    _row("1988-5", "CRP", "mg/L", "mg/L", 1, "..5"),
    _row("33959-8", "Procalcitonin", "ng/mL", "ng/mL", 2, "..0.05"),
    _row("2524-7", "Lactat", "mmol/L", "mmol/L", 1, "0.5..2.2", "", "..4"),
    _row("2744-1", "pH máu động mạch", "", "[pH]", 2, "7.35..7.45", "", "7.2..7.6"),
    _row("2019-8", "pCO2", "mmHg", "mm[Hg]", 0, "35..45", "", "20..70"),
    _row("2703-7", "pO2", "mmHg", "mm[Hg]", 0, "80..100", "", "40.."),
    _row("1960-4", "HCO3-", "mmol/L", "mmol/L", 1, "22..26", "", "10..40"),
    _row("3016-3", "TSH", "µIU/mL", "u[IU]/mL", 2, "0.27..4.2"),
    _row("14920-3", "FT4", "pmol/L", "pmol/L", 1, "12..22"),
)
BY_LOINC: dict[str, Analyte] = {row.loinc: row for row in _ROWS}
