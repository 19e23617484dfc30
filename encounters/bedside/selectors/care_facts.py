"""What other rows say of the time of a care column: measured, in and out, given, carried out, wounds. Never typed again."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.terminology.selectors import displays
from encounters.bedside import neighbours
from encounters.bedside.models import CareColumn, Execution, WoundAssessment
from encounters.medicines.models import MedicationAdministration
from encounters.medicines.selectors.amounts import went_in
from encounters.monitoring.models import FluidEntry
from encounters.monitoring.selectors.fluids import Amount
from encounters.results.vital_signs import BY_LOINC, SIGNS
from encounters.visits.models import Encounter
from encounters.visits.shifts import shift_at

# Nobody writes of more than a day at once: what lies further back is no part of a column.
LONGEST = dt.timedelta(hours=24)
Row = TypeVar("Row")
Windows = list[tuple[dt.datetime, dt.datetime]]


@dataclass(slots=True)
class Facts:
    """Of one column's time, {title: words} in the order of the sheet; `wounds` are sentences."""

    signs: dict[str, str] = field(default_factory=dict)
    fluids: dict[str, str] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    wounds: list[str] = field(default_factory=list)


def windows_of(stay: Encounter, columns: Sequence[CareColumn]) -> Windows:
    """(after, until) of each column: since the one before it, the first since its shift began; a day at most."""
    if not columns:
        return []
    first = columns[0].happened_at
    before = (
        CareColumn.objects.filter(
            encounter=stay, replaced_by=None, status=CareColumn.Status.FINAL, happened_at__lt=first
        )
        .order_by("-happened_at")
        .values_list("happened_at", flat=True)
        .first()
    )
    since = before if before is not None else min(shift_at(stay.facility_id, first).start, first)
    found: Windows = []
    for column in columns:
        found.append((max(since, column.happened_at - LONGEST), column.happened_at))
        since = column.happened_at
    return found


def facts_of(stay: Encounter, columns: Sequence[CareColumn]) -> list[Facts]:
    """What stands beside each of these columns (in order of time); nine queries at most, whatever their number."""
    windows = windows_of(stay, columns)
    if not windows:
        return []
    start, end = windows[0][0], windows[-1][1]
    facts = [Facts() for _window in windows]
    signs = neighbours.signs_between(stay, start, end)
    for one, observations in zip(facts, _sorted(signs, windows, lambda row: row.effective_at), strict=True):
        last = {BY_LOINC[row.code].name: row.value for row in observations}
        one.signs = {
            f"{sign.title} ({sign.unit})" if sign.unit else str(sign.title): sign.words(last[name])
            for name, sign in SIGNS.items()
            if name in last
        }
    scores = neighbours.scores_between(stay, start, end)
    for one, kept in zip(facts, _sorted(scores, windows, lambda row: row.measured_at), strict=True):
        if kept:
            one.signs[kept[-1].scale] = str(kept[-1].score)
    fluids = neighbours.fluids_between(stay, start, end)
    for one, amounts in zip(facts, _sorted(fluids, windows, lambda row: row.happened_at), strict=True):
        one.fluids = _fluids(amounts)
    given = neighbours.given_between(stay, start, end)
    units = displays({("dose-unit", row.dose.unit) for row in given}) if given else {}
    for one, doses in zip(facts, _sorted(given, windows, lambda row: row.happened_at), strict=True):
        if doses:
            one.done[_("Medicines")] = "\n".join(_dose(row, units) for row in doses)
    ticked = _executions(stay, start, end)
    for one, tasks in zip(facts, _sorted(ticked, windows, lambda row: row.happened_at), strict=True):
        if tasks:
            one.done[_("Orders carried out")] = "\n".join(_task(row) for row in tasks)
    looked = wounds_between(stay, start, end)
    for one, wounds in zip(facts, _sorted(looked, windows, lambda row: row.happened_at), strict=True):
        one.wounds = [wound_words(row) for row in wounds]
    return facts


def _sorted(rows: Sequence[Row], windows: Windows, at: Callable[[Row], dt.datetime]) -> list[list[Row]]:
    """The rows of each window, which follow each other; (after, until]."""
    return [[row for row in rows if after < at(row) <= until] for after, until in windows]


def _fluids(amounts: Sequence[Amount]) -> dict[str, str]:
    if not amounts:
        return {}
    sums: dict[FluidEntry.Kind, int] = {}
    for row in amounts:
        sums[FluidEntry.Kind(row.kind)] = sums.get(FluidEntry.Kind(row.kind), 0) + row.volume
    came = {kind: ml for kind, ml in sums.items() if kind.value.startswith("in-")}
    went = {kind: ml for kind, ml in sums.items() if kind not in came}
    found = {str(kind.label): str(came[kind]) for kind in FluidEntry.Kind if kind in came}
    found[_("Total in")] = str(sum(came.values()))
    found |= {str(kind.label): str(went[kind]) for kind in FluidEntry.Kind if kind in went}
    found[_("Total out")] = str(sum(went.values()))
    found[_("In less out")] = str(sum(came.values()) - sum(went.values()))
    return found


def _clock(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def _dose(row: MedicationAdministration, units: dict[tuple[str, str], str]) -> str:
    unit = units.get(("dose-unit", row.dose.unit), row.dose.unit)
    if row.amount is None:
        return f"{_clock(row.happened_at)} {row.dose.order.text}: {row.get_status_display()}"
    return f"{_clock(row.happened_at)} {row.dose.order.text}: {went_in(row, unit)}"


def _executions(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[Execution]:
    return list(
        Execution.objects.filter(
            encounter=stay, replaced_by=None, happened_at__gt=start, happened_at__lte=end
        )
        .exclude(outcome=Execution.Outcome.ENTERED_IN_ERROR)
        .select_related("order")
        .order_by("happened_at", "pk")
    )


def _task(row: Execution) -> str:
    words = f"{_clock(row.happened_at)} {row.order.text}"
    if row.outcome == Execution.Outcome.NOT_DONE:
        return f"{words}: {row.get_outcome_display()} ({row.why})"
    return words


def wounds_between(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[WoundAssessment]:
    """Looks at wounds that hold, after `start`, up to and including `end`, oldest first; one query."""
    return list(
        WoundAssessment.objects.filter(
            wound__encounter=stay, replaced_by=None, happened_at__gt=start, happened_at__lte=end
        )
        .exclude(state=WoundAssessment.State.ENTERED_IN_ERROR)
        .select_related("wound")
        .order_by("happened_at", "pk")
    )


def wound_words(row: WoundAssessment) -> str:
    """One look as a line: hour, kind, place, size, state, treatment."""
    said = [
        f"{row.wound.get_kind_display()}, {row.wound.where}",
        str(row.get_stage_display()) if row.stage else "",
        row.size,
        str(row.get_state_display()),
        row.treatment,
    ]
    return f"{_clock(row.happened_at)} {' · '.join(part for part in said if part)}"
