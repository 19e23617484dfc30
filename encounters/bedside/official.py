"""The nurses' forms that are composed and not typed: 44/BV2 of a shift, 37/BV2 and 38/BV2 of its care columns.

Numbers and names are those of Annex XXIX of circular 32/2023/TT-BYT; the layouts were not compared with the printed samples
of the annex, and the paper says so.
"""

from dataclasses import dataclass
from typing import Any

UNCHECKED = "Bố cục chưa đối chiếu mẫu chính thức."


@dataclass(frozen=True, slots=True)
class NursesForm:
    """One form: number, title on paper, the section that fills it, in what capacity its author signs, what it is made of."""

    code: str
    title: str
    section: str
    text: str
    signer: str
    source: str


HANDOVER = NursesForm(
    "44/BV2",
    "Phiếu bàn giao người bệnh (dành cho điều dưỡng)",
    "handover",
    "Bàn giao",
    "ĐIỀU DƯỠNG BÀN GIAO",
    "lập từ những gì đã làm trong ca",
)
CARE_1 = NursesForm(
    "37/BV2",
    "Phiếu chăm sóc cấp 1",
    "care",
    "Chăm sóc",
    "ĐIỀU DƯỠNG CHĂM SÓC",
    "lập từ các cột chăm sóc trong ca",
)
CARE_2 = NursesForm(
    "38/BV2",
    "Phiếu chăm sóc cấp 2",
    "care",
    "Chăm sóc",
    "ĐIỀU DƯỠNG CHĂM SÓC",
    "dùng cho chăm sóc cấp 2 và cấp 3, lập từ các cột chăm sóc trong ca",
)
FORMS = (HANDOVER, CARE_1, CARE_2)
CARE = {form.code: form for form in (CARE_1, CARE_2)}
CODE, SECTION, SIGNER, TITLE = HANDOVER.code, HANDOVER.section, HANDOVER.signer, HANDOVER.title


def questionnaire(form: NursesForm = HANDOVER) -> dict[str, Any]:
    """The form as a FHIR Questionnaire: its head is the print's, its body a place that this room fills."""
    slug = form.code.lower().replace("/", "-")
    return {
        "resourceType": "Questionnaire",
        "id": slug,
        "language": "vi",
        "url": f"urn:benhanmo:questionnaire:{slug}",
        "version": "1.0.0",
        "name": slug.replace("-", "_"),
        "title": form.title,
        "status": "active",
        "experimental": False,
        "subjectType": ["Encounter"],
        "date": "2026-11-28",
        "publisher": "Bệnh án mở",
        "description": f"Mẫu {form.code}, Phụ lục XXIX Thông tư 32/2023/TT-BYT, {form.source}. {UNCHECKED}",
        "effectivePeriod": {"start": "2024-01-01"},
        "code": [{"system": "urn:benhanmo:form-code", "code": form.code, "display": form.title}],
        "item": [
            {
                "linkId": form.section,
                "extension": [{"url": "urn:benhanmo:questionnaire-section", "valueCode": form.section}],
                "text": form.text,
                "type": "group",
            }
        ],
    }
