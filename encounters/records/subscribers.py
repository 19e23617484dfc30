"""A record moved; a result came to a closed one."""

from emr.outbox import Delivery, subscribe
from encounters.records import telling
from encounters.records.models import RecordEvent
from encounters.results.models import DiagnosticReport
from encounters.visits.codes import RecordState


@subscribe("record.moved")
def moved(delivery: Delivery) -> None:
    """Tell the doctor of a record that came back."""
    event = RecordEvent.objects.select_related("encounter__facility").get(pk=delivery.payload["event_id"])
    if event.to_state == RecordState.RETURNED:
        telling.tell_returned(event.encounter, event)


@subscribe("diagnostic_report.came_late")
def result_came(delivery: Delivery) -> None:
    """Tell of a result that came while the record was closed; nobody refuses it."""
    report = DiagnosticReport.objects.select_related("encounter__facility").get(
        pk=delivery.payload["report_id"]
    )
    if report.encounter is not None:
        telling.tell_late_result(report.encounter, report.pk)
