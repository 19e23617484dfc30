"""OBX to findings: numbers, comparisons, codes and words; what can't be taken for a number stays words."""

import base64
import binascii
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from emr.storage.strangers import kind_of
from encounters.results.facts import AttachmentFacts, ValueFacts
from integrations.hl7v2.order_segments import UCUM_SYSTEMS, Obx
from integrations.hl7v2.outcomes import CannotApply
from integrations.hl7v2.parsing import Field
from integrations.lis.reading import Found

TEXTUAL = {"TX", "FT"}
# OBX-11 (table 0085) to FHIR's Observation.status.
STATUSES = {
    "": "final",
    "F": "final",
    "U": "final",
    "B": "final",
    "V": "final",
    "P": "preliminary",
    "R": "preliminary",
    "S": "preliminary",
    "A": "amended",
    "C": "corrected",
    "X": "cancelled",
    "N": "cancelled",
    "D": "entered-in-error",
    "W": "entered-in-error",
}
_NUMBER = r"[+-]?\d+(?:[.,]\d+)?"
_COMPARED = re.compile(rf"(<=|>=|<|>|≤|≥)?\s*({_NUMBER})$")
_RANGE = re.compile(rf"\(?\s*({_NUMBER})\s*(?:-|–|—|÷|đến|to)\s*({_NUMBER})\s*\)?")
_SIGNS = {"≤": "<=", "≥": ">="}


def plain(field: Field) -> str:
    """A repetition as words; separators that a sender forgot to escape inside a text are put back."""
    if not field.repetitions:
        return ""
    components = (
        "&".join(leaf if isinstance(leaf, str) else "" for leaf in component)
        for component in field.repetitions[0]
    )
    return "^".join(components).strip("^& ")


def number_in(text: str) -> tuple[str, Decimal] | None:
    """(comparator, number) of "5.4", "5,4", "< 0.5", "≥10"; None for anything else."""
    found = _COMPARED.match(text.strip())
    if not found:
        return None
    try:
        value = Decimal(found[2].replace(",", "."))
    except InvalidOperation:
        return None
    sign = found[1] or ""
    return _SIGNS.get(sign, sign), value


def limits_in(reference: str) -> tuple[Decimal | None, Decimal | None]:
    """(low, high) of "3.9-6.4", "< 5", ">= 60"; (None, None) where the range is words or differs by sex or age."""
    text = reference.strip()
    if found := _RANGE.fullmatch(text):
        low, high = (Decimal(part.replace(",", ".")) for part in found.groups())
        return (low, high) if low <= high else (None, None)
    if (compared := number_in(text)) and compared[0]:
        return (None, compared[1]) if compared[0].startswith("<") else (compared[1], None)
    return None, None


def attachment(obx: Obx) -> AttachmentFacts:
    """The file in an ED value. Raises CannotApply when it can't be decoded or is neither PDF, JPEG nor PNG."""
    field = obx.values[0]
    encoding, data = field.text(4).lower(), field.text(5)
    if encoding not in {"base64", ""} or not data:
        raise CannotApply("bad_attachment", name=obx.identifier.text)
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CannotApply("bad_attachment", name=obx.identifier.text) from error
    kind = kind_of(content)
    if kind is None:
        raise CannotApply("bad_attachment", name=obx.identifier.text)
    return AttachmentFacts(title=obx.identifier.text, content_type=kind, data=content)


def finding(found: Found, children: Iterable[ValueFacts] = ()) -> ValueFacts:
    """One OBX as a finding; `children` stand under it."""
    obx = found.obx
    number, comparator, text, code = _value(obx)
    low, high = limits_in(obx.references_range)
    status = STATUSES.get(obx.result_status, "final")
    return ValueFacts(
        title=obx.identifier.text or obx.sub_id,
        code=obx.identifier.code,
        national_code=obx.identifier.national_code,
        loinc=obx.identifier.loinc,
        number=number,
        comparator=comparator,
        text=text,
        value_code=code,
        unit=obx.units.text or obx.units.identifier,
        ucum=obx.units.identifier if obx.units.coding_system.upper() in UCUM_SYSTEMS else "",
        low=low,
        high=high,
        reference=obx.references_range,
        flag=obx.abnormal_flag,
        absent=text if status == "cancelled" and number is None else "",
        method=obx.method,
        device=obx.equipment,
        performed_at=obx.analysed_at.at if obx.analysed_at else None,
        note="\n".join(found.notes),
        status=status,
        children=tuple(children),
    )


def _value(obx: Obx) -> tuple[Decimal | None, str, str, str]:
    """(number, comparator, text, code)."""
    if not obx.values:
        return None, "", "", ""
    first = obx.values[0]
    if obx.value_type in {"CE", "CWE", "CNE"}:
        words = "; ".join(value.text(2) or value.text(1) for value in obx.values)
        return None, "", words, first.text(1) if first.text(2) else ""
    if obx.value_type == "SN":
        return _structured(first)
    words = "\n".join(plain(value) for value in obx.values)
    if obx.value_type not in TEXTUAL and len(obx.values) == 1 and (compared := number_in(words)):
        return compared[1], compared[0], "", ""
    return None, "", words, ""


def _structured(field: Field) -> tuple[Decimal | None, str, str, str]:
    """SN: "<^0.5" is a comparison, "^1^:^40" (a titre) and "^2^-^4" (a range) are words."""
    sign, first, separator, second = (field.text(n) for n in range(1, 5))
    if not separator and not second and (compared := number_in(f"{sign if sign != '=' else ''}{first}")):
        return compared[1], compared[0], "", ""
    return None, "", "".join((sign, first, separator, second)), ""
