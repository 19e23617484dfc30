"""What was found before: asked before a test is ordered again."""

from collections.abc import Mapping, Sequence

from django.db.models import Prefetch, Q
from django.urls import reverse

from encounters.orders.providers import EarlierResult, Wanted
from encounters.results.models import DiagnosticReport, Finding
from encounters.results.models.reports import RELEASED
from encounters.results.selectors.reports import value_text

_VALUES_SHOWN = 3


def earlier_results(patient_ids: Sequence[int], wanted: Sequence[Wanted]) -> list[EarlierResult]:
    """Released reports of these tests that hold, and such a value in a report of several, newest first; three queries.

    By the order's code where there was an order; else by ours, LOINC or the national code, whoever gave them: a
    result of another laboratory has no code of ours.
    """
    ours = {one.code for one in wanted}
    standard = {one.loinc: one.code for one in wanted if one.loinc}
    standard |= {one.national_code: one.code for one in wanted if one.national_code}
    by_standard = Q(loinc__in=standard) | Q(national_code__in=standard)
    reports = (
        DiagnosticReport.objects.filter(
            Q(request__code__in=ours) | Q(request=None) & (Q(code__in=ours) | by_standard),
            patient_id__in=patient_ids,
            replaced_by=None,
            status__in=RELEASED,
        )
        .select_related("request")
        .prefetch_related(Prefetch("findings", Finding.objects.filter(parent=None).order_by("position")))
        .order_by("-effective_at")
    )
    values = Finding.objects.filter(
        by_standard,
        patient_id__in=patient_ids,
        absent="",
        report__replaced_by=None,
        report__status__in=RELEASED,
    )
    found = []
    for report in reports:
        code = report.request.code if report.request is not None else report.code
        found.append(_of_report(report, code if code in ours else _known_as(report, standard)))
    # The code of a value is its laboratory's own: what looks like one of ours may be another test's.
    found += [
        _of_value(value, _known_as(value, standard))
        for value in values.select_related("report").order_by("-effective_at")
    ]
    return found


def _known_as(told: DiagnosticReport | Finding, standard: Mapping[str, str]) -> str:
    """Our code for its LOINC, else for its national one."""
    return standard.get(told.loinc) or standard[told.national_code]


def _of_report(report: DiagnosticReport, code: str) -> EarlierResult:
    request = report.request
    return EarlierResult(
        patient_id=report.patient_id,
        code=code,
        text=report.title,
        requested_at=(request.confirmed_at if request is not None else None) or report.effective_at,
        performed_at=report.effective_at,
        status=report.status,
        value=report.conclusion
        or "; ".join(_words(one) for one in list(report.findings.all())[:_VALUES_SHOWN]),
        url=_url(report),
    )


def _of_value(value: Finding, code: str) -> EarlierResult:
    return EarlierResult(
        patient_id=value.patient_id,
        code=code,
        text=value.title,
        requested_at=value.effective_at,
        performed_at=value.effective_at,
        status=value.report.status,
        value=_words(value),
        url=_url(value.report),
    )


def _words(value: Finding) -> str:
    return f"{value.title} {value_text(value)} {value.unit}".strip()


def _url(report: DiagnosticReport) -> str:
    return reverse("encounters:results:report", args=[report.uuid])
