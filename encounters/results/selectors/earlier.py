"""What was found before: asked before a test is ordered again."""

from collections.abc import Sequence

from django.db.models import Prefetch, Q
from django.urls import reverse

from encounters.orders.providers import EarlierResult
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.reports import value_text

_VALUES_SHOWN = 3


def earlier_results(patient_ids: Sequence[int], codes: Sequence[str]) -> list[EarlierResult]:
    """Released reports of these tests that hold, newest first; by the order's code where there was one."""
    found = (
        DiagnosticReport.objects.filter(
            Q(request__code__in=codes) | Q(request=None, code__in=codes),
            patient_id__in=patient_ids,
            replaced_by=None,
            status__in=RELEASED,
        )
        .select_related("request")
        .prefetch_related(Prefetch("findings", Finding.objects.filter(parent=None).order_by("position")))
        .order_by("-effective_at")
    )
    return [_earlier(report) for report in found]


def _earlier(report: DiagnosticReport) -> EarlierResult:
    request = report.request
    return EarlierResult(
        patient_id=report.patient_id,
        code=request.code if request is not None else report.code,
        text=report.title,
        requested_at=(request.confirmed_at if request is not None else None) or report.effective_at,
        performed_at=report.effective_at,
        status=report.status,
        value=report.conclusion or _values(report),
        url=reverse("encounters:results:report", args=[report.uuid]),
    )


def _values(report: DiagnosticReport) -> str:
    findings = list(report.findings.all())[:_VALUES_SHOWN]
    return "; ".join(f"{one.title} {value_text(one)} {one.unit}".strip() for one in findings)
