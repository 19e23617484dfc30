"""Where the person of a result is now, when the stay that it belongs to is over."""

from django.db.models import QuerySet

from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter
from patients.registry.access import same_person

_OVER = (Encounter.Status.FINISHED, Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR)


def stays_now() -> QuerySet[Encounter]:
    """Visits and stays that have begun and not ended."""
    return Encounter.objects.filter(ended_at=None, department__isnull=False).exclude(status__in=_OVER)


def present_departments(report: DiagnosticReport) -> list[int]:
    """Where the person lies now in another stay than the report's, which is over or was none; [] while it lasts."""
    if report.encounter is not None and report.encounter.ended_at is None:
        return []
    found = stays_now().filter(patient__in=same_person(report.patient)).order_by("-started_at", "-pk")
    return list(found.values_list("department_id", flat=True))
