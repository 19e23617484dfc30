"""The medicine sheets of a ward's pack: what is due and not answered, what runs, what is given when needed, what was given.

Read on paper when nothing can be asked any more: each line is complete, in Vietnamese (the caller sets the language).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from emr.common.clock import now
from encounters.bedside import neighbours
from encounters.medicines.models import DueDose, InfusionStep, MedicationAdministration, ReactionTest
from encounters.medicines.selectors.checking import needed_lines
from encounters.medicines.selectors.reasons import reason_names
from encounters.orders.models import MedicationRequest
from encounters.orders.wording import number_text

AHEAD = BACK = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DueLine:
    """A dose to give. `notes`: what to know before; `is_double`: a second nurse signs too."""

    at: dt.datetime
    text: str
    amount: str
    route: str
    is_late: bool
    is_double: bool
    notes: list[str]


@dataclass(frozen=True, slots=True)
class RunningLine:
    """An infusion that goes in: at which rate since when; `paused_at` where it stands still."""

    since: dt.datetime
    text: str
    amount: str
    rate: str
    rate_since: dt.datetime
    paused_at: dt.datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class NeededLine:
    """What may be given when needed. `last_at`: when this medicine went in last, by whichever order; `total` in 24 hours."""

    text: str
    reason: str
    amount: str
    limits: list[str]
    last_at: dt.datetime | None
    total: str


@dataclass(frozen=True, slots=True)
class GivenLine:
    """What was answered in the last 24 hours; `why` of a dose that was left out or given in part."""

    at: dt.datetime
    text: str
    amount: str
    route: str
    by: str
    why: str


@dataclass(slots=True)
class MedicineSheet:
    """One patient's medicines; `orders`: [(the whole order, its hours)]."""

    orders: list[tuple[str, str]] = field(default_factory=list)
    due: list[DueLine] = field(default_factory=list)
    running: list[RunningLine] = field(default_factory=list)
    needed: list[NeededLine] = field(default_factory=list)
    given: list[GivenLine] = field(default_factory=list)


def sheets_of(stay_ids: Sequence[int], needed: Sequence[MedicationRequest]) -> dict[int, MedicineSheet]:
    """{stay: its sheet, without the orders}; `needed` are the orders in effect that are given when needed.

    Thirteen queries at most, whatever the number of stays and doses.
    """
    moment = now()
    sheets = {stay: MedicineSheet() for stay in stay_ids}
    found = neighbours.dose_lines(stay_ids, moment - BACK, moment + AHEAD)
    reasons = reason_names(found[0].dose.facility_id) if found else {}
    for line in found:
        sheet, row = sheets[line.dose.encounter_id], line.standing
        if row is None:
            sheet.due.append(_due(line))
            continue
        if row.status == MedicationAdministration.Status.IN_PROGRESS:
            sheet.running.append(_running(line, row))
        else:
            sheet.given.append(_given(line, row, reasons))
    for sheet in sheets.values():
        sheet.given.sort(key=lambda one: one.at)
    _add_needed(sheets, needed, moment)
    return sheets


def hours_words(order: MedicationRequest, hours: Mapping[int, tuple[str, ...]]) -> str:
    """When the order is given: its own hours, else the ward's; never empty."""
    if order.occurrence_at is not None:
        return f"{timezone.localtime(order.occurrence_at):%H:%M %d/%m}"
    if order.before_event:
        return str(order.get_before_event_display())
    if order.as_needed:
        return "khi cần"
    return ", ".join(order.times or hours[order.times_per_day or 1])


def _due(line: neighbours.DoseLine) -> DueLine:
    dose, order = line.dose, line.dose.order
    notes = [part for part in (order.diluent, order.rate) if part]
    notes += [str(order.get_meal_display())] if order.meal else []
    notes += [*line.asks, *_test_words(line)]
    if dose.due_at != dose.planned_at:
        notes.append(f"hoãn từ {timezone.localtime(dose.planned_at):%H:%M}: {dose.postpone_reason}")
    return DueLine(
        dose.due_at,
        order.text,
        line.amount_text,
        line.route,
        line.state in {"overdue", "missed"},
        line.is_high_alert,
        notes,
    )


def _test_words(line: neighbours.DoseLine) -> list[str]:
    if line.test_minutes is None:
        return []
    if line.test is None:
        return [f"THỬ PHẢN ỨNG TRƯỚC, đọc sau {line.test_minutes} phút"]
    if line.test.result == ReactionTest.Result.OPEN:
        return [f"đang thử phản ứng, đọc lúc {timezone.localtime(line.test.read_due_at):%H:%M}"]
    if line.test.result == ReactionTest.Result.POSITIVE:
        return ["THỬ PHẢN ỨNG DƯƠNG TÍNH: KHÔNG DÙNG"]
    return ["thử phản ứng âm tính"]


def _running(line: neighbours.DoseLine, row: MedicationAdministration) -> RunningLine:
    order = line.dose.order
    rated = [step for step in line.steps if step.rate]
    stands_still = (
        line.steps[-1].at if line.steps and line.steps[-1].kind == InfusionStep.Kind.PAUSE else None
    )
    return RunningLine(
        row.happened_at,
        "; ".join(part for part in (order.text, order.diluent) if part),
        line.given_text,
        rated[-1].rate if rated else order.rate,
        rated[-1].at if rated else row.happened_at,
        stands_still,
        row.performer.full_name,
    )


def _given(line: neighbours.DoseLine, row: MedicationAdministration, reasons: Mapping[str, str]) -> GivenLine:
    is_left_out = row.status == MedicationAdministration.Status.NOT_DONE
    why = [reasons.get(row.reason, row.reason)] if row.reason else []
    why += [row.reason_text] if row.reason_text else []
    why += [f"y lệnh {line.amount_text}"] if line.dose.outcome == DueDose.Outcome.PARTIAL else []
    return GivenLine(
        row.happened_at,
        line.dose.order.text,
        "KHÔNG DÙNG" if is_left_out else line.given_text,
        line.route,
        row.performer.full_name,
        "; ".join(why),
    )


def _add_needed(
    sheets: Mapping[int, MedicineSheet], orders: Sequence[MedicationRequest], at: dt.datetime
) -> None:
    """By the rule that the page gives by: what went in by the orders that one carries on counts."""
    active = [order for order in orders if order.status == MedicationRequest.Status.ACTIVE]
    for line in needed_lines(active, at):
        order, unit, total = line.order, line.unit, line.in_a_day
        sheets[order.encounter_id].needed.append(
            NeededLine(
                order.text,
                order.as_needed_for,
                "theo thang" if order.scale else f"{number_text(order.dose)} {unit}",
                _limits(order, unit),
                line.last.at if line.last is not None else None,
                f"{number_text(total)} {unit}" if total else "",
            )
        )


def _limits(order: MedicationRequest, unit: str) -> list[str]:
    found = []
    if order.least_hours_between:
        found.append(f"cách ít nhất {number_text(order.least_hours_between)} giờ")
    if order.most_per_dose:
        found.append(f"tối đa {number_text(order.most_per_dose)} {unit}/lần")
    if order.most_per_day:
        found.append(f"tối đa {number_text(order.most_per_day)} {unit}/24 giờ")
    return found
