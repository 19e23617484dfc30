"""What is said at a hand-over: what the shift's rows say of the patient, and which hand-overs wait to be taken over."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import override

from encounters.bedside.models import Handover, Precaution
from encounters.bedside.selectors.shift_words import (
    fluid_words,
    measured_words,
    medicine_words,
    score_words,
    wounds_words,
)
from encounters.bedside.selectors.tasks import DONE, NOT_DONE, OVERDUE, Task, tasks_of
from encounters.documents.models import Document
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.selectors.orders import AnyOrder, lines
from encounters.visits.models import Encounter
from encounters.visits.selectors.stays import active_conditions
from encounters.visits.shifts import Shift
from patients.history.selectors import summary_of


def _time(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M %d/%m}"


def _task_words(task: Task) -> str:
    words = [f"{_time(task.slot.at)} {task.order.text}"]
    if task.execution is not None:
        words.append(
            f"{task.execution.performer.full_name} {timezone.localtime(task.execution.happened_at):%H:%M}"
        )
        if task.execution.why:
            words.append(task.execution.why)
    return " · ".join(words)


def _orders_of_shift(stay: Encounter, shift: Shift) -> list[AnyOrder]:
    found: list[AnyOrder] = []
    for model in (MedicationRequest, ServiceRequest):
        rows = model.objects.filter(
            encounter=stay, confirmed_at__gte=shift.start, confirmed_at__lt=shift.end
        ).exclude(status="entered-in-error")
        found += rows.order_by("confirmed_at", "position")
    return found


def known_of(stay: Encounter) -> dict[str, list[str]]:
    """What stands at the head of every sheet of nurses: diagnoses and allergies."""
    summary = summary_of(stay.patient)
    allergies = [allergy.substance for allergy in summary.allergies]
    return {
        "diagnoses": [f"{c.text} ({c.code})" if c.code else c.text for c in active_conditions(stay)],
        "allergies": allergies or (["Không có dị ứng đã biết"] if summary.none_known else ["Chưa khai thác"]),
    }


def facts_of(stay: Encounter, shift: Shift) -> dict[str, Any]:
    """What happened to the patient in the shift, as sentences in Vietnamese; complete enough to be printed for ever.

    Twenty queries at most, whatever happened.
    """
    with override("vi"):
        return _facts(stay, shift)


def _facts(stay: Encounter, shift: Shift) -> dict[str, Any]:
    tasks = tasks_of(stay, shift)
    return {
        "shift": shift.name,
        "from": _time(shift.start),
        "until": _time(shift.end),
        **known_of(stay),
        "precautions": [
            f"{p.get_kind_display()}: {p.note}" if p.note else str(p.get_kind_display())
            for p in Precaution.objects.filter(encounter=stay, ends_at=None)
        ],
        **measured_words(stay, shift),
        **score_words(stay, shift),
        **medicine_words(stay, shift),
        "fluids": fluid_words(stay, shift),
        "wounds": wounds_words(stay, shift),
        "done": [_task_words(task) for task in tasks if task.state == DONE],
        "not_done": [_task_words(task) for task in tasks if task.state == NOT_DONE],
        "owed": [_task_words(task) for task in tasks if task.is_open],
        "overdue": sum(task.state == OVERDUE for task in tasks),
        "orders": [
            f"{line['text']} ({line['status_text'].lower()})" if line["is_ended"] else line["text"]
            for line in lines(_orders_of_shift(stay, shift))
        ],
    }


def handovers_of(stay_ids: Collection[int], since: dt.datetime) -> dict[int, Handover]:
    """{stay: its newest hand-over since then}, those whose document was taken back left out; one query."""
    rows = (
        Handover.objects.filter(encounter__in=list(stay_ids), handed_at__gte=since)
        .exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        .select_related("handed_by", "received_by", "document")
        .order_by("handed_at", "pk")
    )
    return {row.encounter_id: row for row in rows}
