"""The nurses' hand-over form, 44/BV2 (Annex XXIX of circular 32/2023/TT-BYT): composed from the shift, not typed.

Number and name are the circular's; the layout was not compared with the printed sample of the annex, and the paper says so.
"""

from typing import Any

CODE = "44/BV2"
SECTION = "handover"
SIGNER = "ĐIỀU DƯỠNG BÀN GIAO"
TITLE = "Phiếu bàn giao người bệnh (dành cho điều dưỡng)"
UNCHECKED = "Bố cục chưa đối chiếu mẫu chính thức."


def questionnaire() -> dict[str, Any]:
    """The form as a FHIR Questionnaire: its head is the print's, its body a place that this room fills."""
    return {
        "resourceType": "Questionnaire",
        "id": "44-bv2",
        "language": "vi",
        "url": "urn:benhanmo:questionnaire:44-bv2",
        "version": "1.0.0",
        "name": "44_bv2",
        "title": TITLE,
        "status": "active",
        "experimental": False,
        "subjectType": ["Encounter"],
        "date": "2026-11-28",
        "publisher": "Bệnh án mở",
        "description": f"Mẫu {CODE}, Phụ lục XXIX Thông tư 32/2023/TT-BYT, lập từ những gì đã làm trong ca. {UNCHECKED}",
        "effectivePeriod": {"start": "2024-01-01"},
        "code": [{"system": "urn:benhanmo:form-code", "code": CODE, "display": TITLE}],
        "item": [
            {
                "linkId": "handover",
                "extension": [{"url": "urn:benhanmo:questionnaire-section", "valueCode": SECTION}],
                "text": "Bàn giao",
                "type": "group",
            }
        ],
    }
