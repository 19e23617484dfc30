"""The vital-sign chart (phiếu theo dõi chức năng sống) as a form that is composed and signed: ten days a sheet.

It has no number in Annex XXIX of circular 32/2023/TT-BYT: it is a hospital's own form, in general use.
"""

from dataclasses import dataclass
from typing import Any

UNCHECKED = "Bố cục chưa đối chiếu mẫu chính thức."


@dataclass(frozen=True, slots=True)
class Form:
    """Code, title on paper, the section that fills it, in what capacity its author signs."""

    code: str
    title: str
    section: str
    signer: str


CHART = Form("TD-CNS", "Phiếu theo dõi chức năng sống", "vital_chart", "ĐIỀU DƯỠNG THEO DÕI")


def questionnaire() -> dict[str, Any]:
    """The form as a FHIR Questionnaire: its head is the print's, its body a place that this room fills."""
    slug = CHART.code.lower()
    return {
        "resourceType": "Questionnaire",
        "id": slug,
        "language": "vi",
        "url": f"urn:benhanmo:questionnaire:{slug}",
        "version": "1.0.0",
        "name": slug.replace("-", "_"),
        "title": CHART.title,
        "status": "active",
        "experimental": False,
        "subjectType": ["Encounter"],
        "date": "2026-11-28",
        "publisher": "Bệnh án mở",
        "description": f"{CHART.title} (phiếu của cơ sở), lập từ các lần đo. {UNCHECKED}",
        "effectivePeriod": {"start": "2024-01-01"},
        "code": [{"system": "urn:benhanmo:form-code", "code": CHART.code, "display": CHART.title}],
        "item": [
            {
                "linkId": "vital-chart",
                "extension": [{"url": "urn:benhanmo:questionnaire-section", "valueCode": CHART.section}],
                "text": "Chức năng sống",
                "type": "group",
            }
        ],
    }
