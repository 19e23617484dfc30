"""The rows of a sheet, as JSON in Vietnamese, complete enough to print them for ever."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.terminology.selectors import displays
from encounters.documents.models import Document
from encounters.medicines import official
from encounters.medicines.models import (
    DueDose,
    InfusionStep,
    MedicationAdministration,
    ReactionTest,
    ShiftSheet,
)
from encounters.medicines.selectors.amounts import sum_text, went_in
from encounters.medicines.selectors.reasons import reason_names
from encounters.orders.wording import number_text

Status = MedicationAdministration.Status


def sheet_of(document: Document) -> ShiftSheet | None:
    """What a composed document is of."""
    return ShiftSheet.objects.select_related("nurse", "encounter").filter(document=document).first()


def rows_of(sheet: ShiftSheet) -> list[dict[str, Any]]:
    """The sheet's rows; each kind has its own keys, read by its template. Four queries."""
    if sheet.code == official.DISCLOSED.code:
        return _disclosed(sheet)
    if sheet.code == official.TESTED.code:
        with override("vi"):
            return _tested(sheet)
    rows = list(_answers(sheet))
    names = _names([row.dose for row in rows])
    with override("vi"):
        if sheet.code == official.INFUSIONS.code:
            return [_infusion(row, names) for row in rows]
        reasons = reason_names(sheet.facility_id)
        return [_carried_out(row, names, reasons) for row in rows]


def _answers(sheet: ShiftSheet) -> QuerySet[MedicationAdministration]:
    """What the nurse gave or left out in this time; of 07/BV2 the infusions that they began, changed or ended in it."""
    theirs = MedicationAdministration.objects.filter(encounter=sheet.encounter_id)
    if sheet.code == official.INFUSIONS.code:
        steps = InfusionStep.objects.filter(
            by=sheet.nurse_id, at__gte=sheet.starts_at, at__lt=sheet.ends_at, administration__in=theirs
        )
        theirs = theirs.filter(pk__in=steps.values("administration"))
    else:
        theirs = theirs.filter(
            performer=sheet.nurse_id, happened_at__gte=sheet.starts_at, happened_at__lt=sheet.ends_at
        )
    return (
        theirs.exclude(status=Status.ENTERED_IN_ERROR)
        .select_related("dose__order__requester", "performer", "witness")
        .prefetch_related(Prefetch("steps", InfusionStep.objects.select_related("by")))
        .order_by("happened_at", "pk")
    )


def _names(doses: list[DueDose]) -> dict[tuple[str, str], str]:
    return displays(
        {("dose-unit", dose.unit) for dose in doses}
        | {("medicine-route", dose.order.route) for dose in doses}
    )


def _clock(at: dt.datetime | None) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at is not None else ""


def _carried_out(
    row: MedicationAdministration, names: dict[tuple[str, str], str], reasons: dict[str, str]
) -> dict[str, Any]:
    dose, order = row.dose, row.dose.order
    unit = names.get(("dose-unit", dose.unit), dose.unit)
    why = [reasons.get(row.reason, row.reason)] if row.reason else []
    why += [row.scale_line] if row.scale_line else []
    why += [row.reason_text] if row.reason_text else []
    why += [f"không quét: {row.hand_reason}"] if row.hand_reason else []
    return {
        "due_at": _clock(dose.due_at),
        "done_at": _clock(row.happened_at),
        "text": order.text,
        "amount": went_in(row, unit),
        "ordered": _("by the scale") if order.scale else f"{number_text(dose.amount)} {unit}",
        "route": names.get(("medicine-route", order.route), order.route),
        "site": str(row.get_site_display()) if row.site else "",
        "status": str(dose.get_outcome_display()),
        "why": "; ".join(why),
        "batch": row.batch,
        "order_number": order.placer_number,
        "witness": row.witness.titled_name if row.witness is not None else "",
    }


def _infusion(row: MedicationAdministration, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    dose, order = row.dose, row.dose.order
    steps = list(row.steps.all())
    rates = [step for step in steps if step.rate]
    nurses = [row.performer, *[step.by for step in steps]]
    return {
        "begun_at": _clock(row.happened_at),
        "ended_at": _clock(row.ended_at),
        "text": "; ".join(part for part in (order.text, order.diluent) if part),
        "amount": f"{number_text(dose.amount)} {names.get(('dose-unit', dose.unit), dose.unit)}",
        "batch": row.batch,
        "rate": ", ".join(f"{step.rate} ({_moment(row, step)})" for step in rates),
        "volume_ml": number_text(row.volume_ml) if row.volume_ml is not None else "",
        "doctor": order.requester.titled_name if not order.origin else order.prescriber_as_sent,
        "nurse": ", ".join({nurse.pk: nurse.titled_name for nurse in nurses}.values()),
        "note": "; ".join(step.note for step in steps if step.note),
    }


def _moment(row: MedicationAdministration, step: InfusionStep) -> str:
    """14:05, and whose step it was where somebody else had begun the infusion."""
    whose = "" if step.by_id == row.performer_id else f" {step.by.titled_name}"
    return f"{timezone.localtime(step.at):%H:%M}{whose}"


def _tested(sheet: ShiftSheet) -> list[dict[str, Any]]:
    """The tests that the nurse began or read in this time."""
    within = (sheet.starts_at, sheet.ends_at)
    begun = Q(performer=sheet.nurse_id, started_at__gte=within[0], started_at__lt=within[1])
    read = Q(reader=sheet.nurse_id, read_at__gte=within[0], read_at__lt=within[1])
    found = ReactionTest.objects.filter(begun | read, encounter=sheet.encounter_id)
    found = found.select_related("order__requester", "performer", "reader")
    return [
        {
            "started_at": _clock(test.started_at),
            "text": test.order.text,
            "batch": test.batch,
            "method": str(test.get_method_display()),
            "doctor": test.order.requester.titled_name
            if not test.order.origin
            else test.order.prescriber_as_sent,
            "nurse": test.performer.titled_name,
            "reader": test.reader.titled_name if test.reader is not None else "",
            "read_at": _clock(test.read_at),
            "result": str(test.get_result_display()) if test.result else "",
        }
        for test in found
    ]


def _disclosed(sheet: ShiftSheet) -> list[dict[str, Any]]:
    return disclosed_by_stay([sheet.encounter_id], sheet.starts_at, sheet.ends_at).get(sheet.encounter_id, [])


def disclosed_by_stay(
    stay_ids: Collection[int], start: dt.datetime, end: dt.datetime
) -> dict[int, list[dict[str, Any]]]:
    """{stay: what was given in this time, a line a medicine, as the disclosure shows it}; two queries for any number."""
    found = (
        MedicationAdministration.objects.filter(
            encounter__in=stay_ids, amount__isnull=False, happened_at__gte=start, happened_at__lt=end
        )
        .exclude(status=Status.ENTERED_IN_ERROR)
        .select_related("dose__order")
        .order_by("happened_at", "pk")
    )
    names = _names([row.dose for row in found])
    by_stay: dict[int, list[MedicationAdministration]] = {}
    for row in found:
        by_stay.setdefault(row.encounter_id, []).append(row)
    return {stay: _disclosed_lines(rows, names) for stay, rows in by_stay.items()}


def _disclosed_lines(
    found: list[MedicationAdministration], names: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    lines: dict[tuple[str, str], dict[str, list[MedicationAdministration]]] = {}
    days = dict.fromkeys(_day(row) for row in found)
    for row in found:
        line = lines.setdefault((row.dose.order.text, row.dose.unit), {})
        line.setdefault(_day(row), []).append(row)
    return [
        {
            "text": text,
            "unit": names.get(("dose-unit", unit), unit),
            "days": [{"day": day, "amount": sum_text(line[day]) if day in line else ""} for day in days],
            "total": sum_text(row for rows in line.values() for row in rows),
        }
        for (text, unit), line in lines.items()
    ]


def _day(row: MedicationAdministration) -> str:
    return f"{timezone.localtime(row.happened_at):%d/%m}"
