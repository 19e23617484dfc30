"""What became of one record."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from emr.common.clock import local_today
from encounters.documents.models import Document
from encounters.forms.models import Questionnaire
from encounters.records.models import Loan, RecordEvent
from encounters.results.models import DiagnosticReport
from encounters.visits.codes import WRITABLE
from encounters.visits.models import Encounter


def events_of(encounter: Encounter) -> QuerySet[RecordEvent]:
    """Every step, the first one first, with people and faults."""
    found = RecordEvent.objects.filter(encounter=encounter).select_related("by").prefetch_related("faults")
    return found.order_by("at", "pk")


def steps_of_round(encounter: Encounter) -> list[RecordEvent]:
    """The steps since people could write last: among these capacities are kept apart."""
    steps: list[RecordEvent] = []
    for event in RecordEvent.objects.filter(encounter=encounter).order_by("-at", "-pk"):
        if event.to_state in WRITABLE:
            break
        steps.append(event)
    return steps[::-1]


@dataclass(frozen=True, slots=True)
class Late:
    """What came to the record after it was closed."""

    documents: list[Document]
    reports: list[DiagnosticReport]

    def __bool__(self) -> bool:
        return bool(self.documents or self.reports)


def late_of(encounter: Encounter, events: list[RecordEvent]) -> Late:
    """Additions, and results that arrived while the record was closed; two queries."""
    first = next((event.at for event in events if event.verb == "complete"), None)
    if first is None:
        return Late([], [])
    added = Document.objects.filter(encounter=encounter, is_addendum=True).exclude(status="entered-in-error")
    came = DiagnosticReport.objects.filter(encounter=encounter, created_at__gt=first)
    return Late(
        list(added.select_related("author").order_by("created_at")),
        [report for report in came.order_by("created_at") if was_closed_at(events, report)],
    )


def was_closed_at(events: list[RecordEvent], report: DiagnosticReport) -> bool:
    """Whether the record was closed when the report arrived."""
    before = [event for event in events if event.at <= report.created_at]
    return bool(before) and before[-1].to_state not in WRITABLE


def addable_forms(facility_id: int) -> list[tuple[str, str]]:
    """(code, title) of the forms in force that may be added to a closed record: all but the record document itself."""
    today = local_today()
    found = (
        Questionnaire.objects.filter(status=Questionnaire.Status.ACTIVE, effective_from__lte=today)
        .filter(Q(effective_to=None) | Q(effective_to__gte=today))
        .filter(Q(facility=None) | Q(facility=facility_id))
        .exclude(code__endswith="/BV1")
    )
    return sorted(dict(found.values_list("code", "title")).items())


def loans_of(encounter: Encounter) -> QuerySet[Loan]:
    """Every lending of the record, the newest first."""
    found = Loan.objects.filter(encounter=encounter).select_related(
        "borrower", "asked_by", "decided_by", "returned_by"
    )
    return found.order_by("-asked_at", "-pk")
