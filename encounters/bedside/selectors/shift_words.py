"""What other rooms keep of a patient's shift, as a nurse says it at the hand-over: short, in Vietnamese."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from emr.terminology.selectors import displays
from encounters.bedside import neighbours
from encounters.bedside.selectors.care_facts import wound_words, wounds_between
from encounters.medicines.models import DueDose, InfusionStep, MedicationAdministration
from encounters.medicines.selectors.reasons import reason_names
from encounters.monitoring.models import Level
from encounters.monitoring.selectors.fluids import balance_of
from encounters.orders.wording import number_text
from encounters.results.models import Observation
from encounters.results.vital_signs import BY_LOINC, MORE_SIGNS, VITAL_SIGNS
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift

_ROUNDS = 3  # the last ones of the shift
_COLOURS = {Level.HIGH: "ĐỎ", Level.MEDIUM: "VÀNG", Level.LOW: "XANH"}
_GLASGOW = {"eyes": "E", "speech": "V", "movement": "M"}
Status = MedicationAdministration.Status
Names = Mapping[tuple[str, str], str]


def _bounds(shift: Shift) -> tuple[dt.datetime, dt.datetime]:
    """A shift as neighbours count: they leave the first instant out and take the last one in, a shift the other way."""
    instant = dt.timedelta(microseconds=1)
    return shift.start - instant, shift.end - instant


def _clock(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def _day_clock(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m}"


def measured_words(stay: Encounter, shift: Shift) -> dict[str, Any]:
    """ "signs": the shift's last rounds; "measured": the course of pain, glucose, Glasgow and the like. One query."""
    batches: dict[UUID, dict[str, Observation]] = {}
    for row in neighbours.signs_between(stay, *_bounds(shift)):
        batches.setdefault(row.batch, {})[BY_LOINC[row.code].name] = row
    rounds = [found for found in batches.values() if found.keys() & VITAL_SIGNS.keys()]
    courses: dict[str, list[str]] = {}
    for found in batches.values():
        at = next(_clock(row.effective_at) for row in found.values())
        if found.keys() >= _GLASGOW.keys():
            parts = {letter: int(found[name].value) for name, letter in _GLASGOW.items()}
            said = "".join(f"{letter}{value}" for letter, value in parts.items())
            courses.setdefault("Glasgow", []).append(f"{at} {sum(parts.values())} ({said})")
        for name, sign in MORE_SIGNS.items():
            if name in found and name not in _GLASGOW:
                value = f"{at} {sign.words(found[name].value)} {sign.unit}".strip().replace(" /", "/")
                courses.setdefault(str(sign.title), []).append(value)
    return {
        "signs": [_round(found) for found in rounds[-_ROUNDS:]],
        "measured": [f"{title}: {'; '.join(values)}" for title, values in courses.items()],
    }


def _round(found: Mapping[str, Observation]) -> str:
    shown = [
        f"{sign.title} {sign.words(found[name].value)} {sign.unit}"
        for name, sign in VITAL_SIGNS.items()
        if name in found
    ]
    at = next(row.effective_at for row in found.values())
    return f"{_day_clock(at)}: {', '.join(shown)}"


def score_words(stay: Encounter, shift: Shift) -> dict[str, str]:
    """The last early-warning score of the 24 hours up to the shift's end, with its colour; "" without one. One query."""
    _start, end = _bounds(shift)
    last = next(reversed(neighbours.scores_between(stay, end - dt.timedelta(hours=24), end)), None)
    if last is None:
        return {"score": "", "score_level": ""}
    colour = _COLOURS.get(Level(last.level))
    words = f"{last.scale} {last.score} điểm"
    return {
        "score": f"{words}, {colour}, lúc {_day_clock(last.measured_at)}"
        if colour
        else f"{words}, lúc {_day_clock(last.measured_at)}",
        "score_level": last.level,
    }


def fluid_words(stay: Encounter, shift: Shift) -> str:
    """Vào 700 mL (Dịch truyền 500, Ăn uống 200); ra 400 mL (Nước tiểu 400); bilan +300 mL. "" without any. Two queries."""
    entries = neighbours.fluids_between(stay, *_bounds(shift))
    if not entries:
        return ""
    balance = balance_of(entries, [shift])
    said = []
    for title, rows, total in (
        ("Vào", balance.rows_in, balance.total_in[0]),
        ("ra", balance.rows_out, balance.total_out[0]),
    ):
        kinds = ", ".join(f"{row.title} {row.sums[0]}" for row in rows)
        said.append(f"{title} {total} mL ({kinds})" if kinds else f"{title} {total} mL")
    return f"{'; '.join(said)}; bilan {balance.net[0]:+d} mL"


def wounds_words(stay: Encounter, shift: Shift) -> list[str]:
    """Looks at wounds in the shift, a line each. One query."""
    return [wound_words(row) for row in wounds_between(stay, *_bounds(shift))]


def medicine_words(stay: Encounter, shift: Shift) -> dict[str, list[str]]:
    """ "given", "left_out" with the reason, "doses_owed", "infusions" that run or ended in it. Six queries at most."""
    start, end = _bounds(shift)
    infusions = neighbours.infusions_of(stay, start, end)
    flowing = {row.pk for row in infusions}
    answered = [row for row in neighbours.given_between(stay, start, end) if row.pk not in flowing]
    owed = neighbours.owed_doses(stay, end)
    names = _names([*(row.dose for row in (*answered, *infusions)), *owed])
    reasons = reason_names(stay.facility_id)
    return {
        "given": [_given(row, names) for row in answered if row.status != Status.NOT_DONE],
        "left_out": [_left_out(row, reasons) for row in answered if row.status == Status.NOT_DONE],
        "doses_owed": [f"{_day_clock(dose.due_at)} {_ordered(dose, names)}" for dose in owed],
        "infusions": [_infusion(row) for row in infusions],
    }


def _names(doses: list[DueDose]) -> Names:
    return displays(
        {("dose-unit", dose.unit) for dose in doses}
        | {("medicine-route", dose.order.route) for dose in doses}
    )


def _ordered(dose: DueDose, names: Names) -> str:
    unit = names.get(("dose-unit", dose.unit), dose.unit)
    amount = "theo thang" if dose.order.scale else f"{number_text(dose.amount)} {unit}"
    return f"{dose.order.text}: {amount}, {_route(dose, names)}"


def _route(dose: DueDose, names: Names) -> str:
    return names.get(("medicine-route", dose.order.route), dose.order.route)


def _given(row: MedicationAdministration, names: Names) -> str:
    dose, unit = row.dose, names.get(("dose-unit", row.dose.unit), row.dose.unit)
    amount = f"{number_text(row.amount)} {unit}" if row.amount is not None else ""
    if dose.outcome == DueDose.Outcome.PARTIAL:
        amount += f" (y lệnh {number_text(dose.amount)} {unit})"
    who = row.performer.full_name
    return f"{_clock(row.happened_at)} {dose.order.text}: {amount}, {_route(dose, names)} · {who}"


def _left_out(row: MedicationAdministration, reasons: Mapping[str, str]) -> str:
    why = "; ".join(part for part in (reasons.get(row.reason, row.reason), row.reason_text) if part)
    return f"{_day_clock(row.dose.due_at)} {row.dose.order.text}: {why} · {row.performer.full_name}"


def _infusion(row: MedicationAdministration) -> str:
    """Running: its rate and since when; ended: when, and how much went in."""
    order, steps = row.dose.order, list(row.steps.all())
    text = "; ".join(part for part in (order.text, order.diluent) if part)
    if row.ended_at is not None:
        volume = f", vào {number_text(row.volume_ml)} mL" if row.volume_ml is not None else ""
        return f"{text}: hết lúc {_clock(row.ended_at)}{volume}"
    rate = next((step.rate for step in reversed(steps) if step.rate), order.rate)
    said = f"{text}: đang truyền {rate}".rstrip() + f" từ {_day_clock(row.happened_at)}"
    is_paused = bool(steps) and steps[-1].kind == InfusionStep.Kind.PAUSE
    return f"{said}, TẠM DỪNG từ {_clock(steps[-1].at)}" if is_paused else said
