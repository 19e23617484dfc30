"""What came twice."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import ngettext_lazy

from encounters.results.models import DiagnosticReport
from encounters.results.models.reports import RELEASED, VOID
from integrations.reconciling import kinds
from integrations.reconciling.days import written_on
from integrations.reconciling.ground import Ground, times_of
from integrations.reconciling.kinds import Finding
from integrations.reconciling.neighbours import EMR
from patients.registry import systems
from patients.registry.models import Identifier


def orders_twice(ground: Ground) -> Iterator[Finding]:
    """Numbers under which more than one message of the day places an order."""
    doubled = {key: ids for key, ids in ground.feed.placed.items() if len(ids) > 1}
    messages = times_of(max(ids) for ids in doubled.values())
    for (neighbour, number), ids in sorted(doubled.items(), key=lambda one: one[1]):
        uuid, at = messages[max(ids)]
        yield Finding(
            kind=kinds.ORDER_TWICE,
            neighbour=neighbour,
            key=f"order:{number}",
            number=number,
            at=at,
            words=ngettext_lazy("%(count)d message", "%(count)d messages", len(ids)) % {"count": len(ids)},
            message=uuid,
        )


def results_twice(ground: Ground) -> Iterator[Finding]:
    """Reports of the day beside another one of the same order and test, or in the place of a released one, that differ.

    A correction says that it is one (OBR-25 C; status corrected or amended), and is none of these.
    """
    own = DiagnosticReport.objects.filter(facility=ground.facility)
    todays = written_on(own, ground.day).exclude(status__in=VOID)
    changed = todays.filter(status="final", replaces__status__in=RELEASED).exclude(
        digest=F("replaces__digest")
    )
    held = todays.filter(replaced_by=None).exclude(request=None)
    beside = own.filter(request__in=held.values("request"), replaced_by=None).exclude(status__in=VOID)
    by_test: dict[tuple[int | None, str], list[DiagnosticReport]] = defaultdict(list)
    for report in beside.order_by("pk"):
        by_test[report.request_id, report.code or report.loinc or report.title].append(report)
    found = {report.pk: report for report in changed}
    for reports in by_test.values():
        last = reports[-1]
        is_of_the_day = ground.day.begins <= last.created_at < ground.day.ends
        if is_of_the_day and len({report.digest for report in reports}) > 1:
            found[last.pk] = last
    yield from _as_findings(ground, [found[pk] for pk in sorted(found)])


def _as_findings(ground: Ground, reports: list[DiagnosticReport]) -> Iterator[Finding]:
    keys = [(ground.sources.get(report.source, EMR), report.filler_number) for report in reports]
    messages = times_of(ground.feed.results[key] for key in keys if key in ground.feed.results)
    for report, key in zip(reports, keys, strict=True):
        told = messages.get(ground.feed.results.get(key, 0))
        yield Finding(
            kind=kinds.RESULT_TWICE,
            neighbour=key[0],
            key=f"report:{report.uuid}",
            number=report.shown_number,
            at=report.created_at,
            words=report.get_category_display(),
            message=told[0] if told else None,
            stay_id=report.encounter_id,
        )


def people_twice(ground: Ground) -> Iterator[Finding]:
    """Patients whom the day's feed speaks of and whose citizen number another person here shows as well.

    Merged rows are one person. Of the number no more is shown than its end.
    """
    message_of: dict[int, int] = {}
    neighbour_of: dict[int, str] = {}
    for (neighbour, number), message_id in ground.feed.patients.items():
        if number in ground.known:
            person = ground.known[number]
            message_of[person] = max(message_id, message_of.get(person, 0))
            neighbour_of[message_id] = neighbour
    held = Identifier.objects.filter(facility=ground.facility)
    own = Q(patient__in=list(message_of)) | Q(patient__merged_into__in=list(message_of))
    citizens = held.filter(system__in=[systems.CITIZEN, systems.OLD_CITIZEN], is_active=True)
    people: dict[str, set[int]] = defaultdict(set)
    rows = citizens.filter(value__in=citizens.filter(own).values("value"))
    first: dict[str, int] = {}
    for pk, value, patient, merged_into in rows.order_by("pk").values_list(
        "pk", "value", "patient_id", "patient__merged_into_id"
    ):
        people[value].add(merged_into or patient)
        first.setdefault(value, pk)
    doubled = {value: ids for value, ids in people.items() if len(ids) > 1}
    last = {value: max(message_of[pk] for pk in ids if pk in message_of) for value, ids in doubled.items()}
    messages = times_of(last.values())
    for value in sorted(doubled):
        uuid, at = messages[last[value]]
        yield Finding(
            kind=kinds.PERSON_TWICE,
            neighbour=neighbour_of[last[value]],
            key=f"number:{first[value]}",
            number=f"•••{value[-3:]}",
            at=at,
            message=uuid,
        )
