"""Sheets that are composed from what was done: carried out in a shift, infusions, medicines made public to the patient.

07/BV2 has its number in Annex XXIX of circular 32/2023/TT-BYT; the others are hospitals' own sheets. None of the layouts
was compared with an official sample yet, and the sheets say so.
"""

from dataclasses import dataclass
from typing import Any

UNCHECKED = "Bố cục chưa đối chiếu mẫu chính thức."
SECTION = "doses"
_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: code, title on paper, where it comes from, in what capacity its author signs."""

    code: str
    title: str
    source: str
    signer: str = "ĐIỀU DƯỠNG THỰC HIỆN"


CARRIED_OUT = Sheet("TH-THUOC", "Phiếu thực hiện thuốc", "phiếu của cơ sở")
INFUSIONS = Sheet("07/BV2", "Phiếu theo dõi truyền dịch", "Phụ lục XXIX Thông tư 32/2023/TT-BYT")
DISCLOSED = Sheet("CK-THUOC", "Phiếu công khai thuốc", "phiếu của cơ sở")
TESTED = Sheet("TPU-THUOC", "Phiếu thử phản ứng thuốc", "phiếu của cơ sở")
SHEETS: dict[str, Sheet] = {sheet.code: sheet for sheet in (CARRIED_OUT, INFUSIONS, DISCLOSED, TESTED)}


def questionnaire(sheet: Sheet) -> dict[str, Any]:
    """The sheet as a FHIR Questionnaire: its head is the print's, its body a place that this room fills."""
    slug = sheet.code.lower().replace("/", "-")
    return {
        "resourceType": "Questionnaire",
        "id": slug,
        "language": "vi",
        "url": f"urn:benhanmo:questionnaire:{slug}",
        "version": _VERSION,
        "name": slug.replace("-", "_"),
        "title": sheet.title,
        "status": "active",
        "experimental": False,
        "subjectType": ["Encounter"],
        "date": "2026-11-28",
        "publisher": "Bệnh án mở",
        "description": f"{sheet.title} ({sheet.source}), lập từ những gì đã thực hiện. {UNCHECKED}",
        "effectivePeriod": {"start": "2024-01-01"},
        "code": [{"system": "urn:benhanmo:form-code", "code": sheet.code, "display": sheet.title}],
        "item": [
            {
                "linkId": "doses",
                "extension": [{"url": "urn:benhanmo:questionnaire-section", "valueCode": SECTION}],
                "text": "Thực hiện thuốc",
                "type": "group",
            }
        ],
    }
