"""What forms ask of results: the newest of each test that is worth telling, as text."""

from collections.abc import Mapping

from django.utils import timezone

from encounters.documents.models import Document
from encounters.results.models import DiagnosticReport
from encounters.results.selectors.reports import reports_of_stay, value_text

MOST = 30  # reports looked at, the newest first


def summary(document: Document) -> Mapping[str, str]:
    """`%results` of a form: `abnormal`, the newest of each report with its conclusion or abnormal values, a line each.

    Two queries.
    """
    lines: dict[str, str] = {}
    for report in reports_of_stay(document.encounter)[:MOST]:
        if report.title not in lines and (words := _told(report)):
            lines[report.title] = f"{timezone.localtime(report.effective_at):%d/%m} {report.title}: {words}"
    return {"abnormal": "\n".join(reversed(lines.values()))}


def _told(report: DiagnosticReport) -> str:
    if report.conclusion:
        return report.conclusion.strip()
    found = [
        f"{finding.title} {value_text(finding)} {finding.unit}".strip()
        for finding in getattr(report, "notable", [])
    ]
    return "; ".join(found)
