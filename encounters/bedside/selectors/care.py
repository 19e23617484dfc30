"""Care sheets: the columns of a time, what other rooms' rows say beside each, and what a column is signed on."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy
from django_stubs_ext import StrOrPromise

from emr.accounts.models import User
from emr.common.clock import now
from encounters.bedside.care_form import GROUPS, fields, form_code, level_in
from encounters.bedside.models import CareColumn, CareSheet
from encounters.bedside.selectors.care_facts import Facts, facts_of
from encounters.documents.models import Document
from encounters.documents.signed import signatures_of
from encounters.orders.models import Order, ServiceRequest
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift, shift_at, shifts_around

__all__ = [
    "CHANGED",
    "NONE",
    "SIGNED",
    "WAITING",
    "columns_of_sheet",
    "content_of",
    "due_of",
    "form_code",
    "grid_of",
    "held_columns",
    "last_column",
    "level_at",
    "level_orders",
    "ordered_level",
    "sheet_for",
    "sheets_of",
    "shift_of",
    "signed_on",
    "to_sign",
]

_COMPOSITION = "document__current_version__composition"
PER_TABLE = 8  # columns side by side on paper
NONE, WAITING, SIGNED, CHANGED = "none", "waiting", "signed", "changed"
STATES: dict[str, StrOrPromise] = {
    NONE: pgettext_lazy("care sheet", "on no sheet yet"),
    WAITING: pgettext_lazy("care sheet", "waits for the signature"),
    SIGNED: pgettext_lazy("care sheet", "signed"),
    CHANGED: pgettext_lazy("care sheet", "changed since the sheet"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column on one line; `is_copied`: as in the column before, untouched."""

    text: str
    is_copied: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet, a cell for each column."""

    title: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading."""

    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Where a column stands on paper: a state of STATES and its document, if there is one."""

    state: str
    document: Document | None = None

    @property
    def words(self) -> StrOrPromise:
        """The state in words."""
        return STATES[self.state]


@dataclass(slots=True)
class Due:
    """When the next column is due, by the level of care; `level` "" where no doctor has ordered one."""

    level: str
    at: dt.datetime | None = None
    is_overdue: bool = False


def held_columns(stay: Encounter, start: dt.datetime, end: dt.datetime) -> list[CareColumn]:
    """The columns of that time that hold, oldest first; one query."""
    return list(
        CareColumn.objects.filter(
            encounter=stay,
            replaced_by=None,
            status=CareColumn.Status.FINAL,
            happened_at__gte=start,
            happened_at__lt=end,
        )
        .select_related("author", "replaces", "copied_from")
        .order_by("happened_at", "pk")
    )


def last_column(stay: Encounter, before: dt.datetime | None = None) -> CareColumn | None:
    """The newest column that holds, of before a moment where one is named."""
    found = CareColumn.objects.filter(encounter=stay, replaced_by=None, status=CareColumn.Status.FINAL)
    if before is not None:
        found = found.filter(happened_at__lt=before)
    return found.select_related("author").order_by("-happened_at", "-pk").first()


def level_orders(stay_ids: Collection[int]) -> dict[int, list[ServiceRequest]]:
    """{stay: its care-level orders that were in effect, the earliest first}; one query."""
    rows = (
        ServiceRequest.objects.filter(
            encounter__in=stay_ids,
            category=ServiceRequest.Category.CARE_LEVEL,
            confirmed_at__isnull=False,
        )
        .exclude(status=Order.Status.ENTERED_IN_ERROR)
        .select_related("entry")
        .order_by("confirmed_at", "pk")
    )
    found: dict[int, list[ServiceRequest]] = {}
    for row in rows:
        if level_in(row.text):
            found.setdefault(row.encounter_id, []).append(row)
    return found


def level_at(orders: Sequence[ServiceRequest], moment: dt.datetime) -> str:
    """The level that the newest of these orders gives at a moment; "" before the first."""
    begun = [order for order in orders if order.happens_at <= moment]
    return level_in(begun[-1].text) if begun else ""


def ordered_level(stay: Encounter) -> str:
    """The level of care that the doctor ordered, as it holds now."""
    return level_at(level_orders([stay.pk]).get(stay.pk, []), now())


def due_of(stay: Encounter, level: str, last: CareColumn | None) -> Due:
    """Level 1 is written each hour, levels 2 and 3 in each shift."""
    if not level or not stay.is_open:
        return Due(level)
    shift = shift_at(stay.facility_id, now())
    if level == "1":
        at = (last.happened_at if last is not None else max(stay.begins_at, shift.start)) + dt.timedelta(
            hours=1
        )
        return Due(level, at, at < now())
    has_this = last is not None and last.happened_at >= shift.start
    return Due(level, shift.end if not has_this else _next_end(stay, shift), False)


def _next_end(stay: Encounter, shift: Shift) -> dt.datetime:
    return shift_at(stay.facility_id, shift.end).end


def grid_of(stay: Encounter, columns: Sequence[CareColumn], *, language: str | None = None) -> list[Group]:
    """The lines of these columns with what other rooms know of each one's time, in the sheet's order.

    `language`: of the paper ("vi"); else the reader's own for what isn't the form's.
    """
    facts = facts_of(stay, columns)
    if language is None:
        return _groups(columns, facts)
    with override(language):
        return _groups(columns, facts)


def _groups(columns: Sequence[CareColumn], facts: Sequence[Facts]) -> list[Group]:
    groups = [Group(str(_("Vital signs, scores")), _fact_lines([one.signs for one in facts]))]
    for code, title in GROUPS.items():
        if code == "plan":
            groups.append(Group(str(_("Fluids (mL)")), _fact_lines([one.fluids for one in facts])))
            done = _fact_lines([one.done for one in facts])
            groups.append(Group(str(_("Medicines and tasks carried out")), done))
        groups.append(Group(title, _said_lines(code, columns, facts)))
    return [group for group in groups if group.lines]


def _fact_lines(of_columns: Sequence[Mapping[str, str]]) -> list[Line]:
    titles: dict[str, None] = {}
    for one in of_columns:
        titles.update(dict.fromkeys(one))
    return [Line(title, [Cell(one.get(title, "")) for one in of_columns]) for title in titles]


def _said_lines(group: str, columns: Sequence[CareColumn], facts: Sequence[Facts]) -> list[Line]:
    lines = []
    for code, said in fields().items():
        if said.group != group:
            continue
        cells = [Cell(str(column.items.get(code, "")), code in column.copied) for column in columns]
        if code == "wound":
            cells = [
                Cell("\n".join(filter(None, (cell.text, *one.wounds))), cell.is_copied)
                for cell, one in zip(cells, facts, strict=True)
            ]
        if any(cell.text for cell in cells) or any(said.is_shown(column.level) for column in columns):
            lines.append(Line(said.title, cells))
    return lines


def sheets_of(
    stay_ids: Collection[int], since: dt.datetime | None = None
) -> list[tuple[CareSheet, set[str]]]:
    """(sheet, public ids of the columns on its newest version), of documents that weren't taken back; one query."""
    found = CareSheet.objects.filter(encounter__in=stay_ids).exclude(
        document__status=Document.Status.ENTERED_IN_ERROR
    )
    if since is not None:
        found = found.filter(ends_at__gt=since)
    rows = found.select_related("document").annotate(
        on_it=KeyTransform("uuids", KeyTransform("care", KeyTransform("sections", _COMPOSITION)))
    )
    return [(row, set(row.on_it or ())) for row in rows]


def signed_on(stay: Encounter, columns: Sequence[CareColumn]) -> dict[int, SignedOn]:
    """{column: where it is signed}; two queries."""
    if not columns:
        return {}
    held = sheets_of([stay.pk], columns[0].happened_at)
    signed = signatures_of([sheet.document.current_version_id for sheet, _uuids in held])  # type: ignore[misc]
    return {column.pk: _signed_on(column, held, signed) for column in columns}


def sheet_for(
    column: CareColumn, held: Sequence[tuple[CareSheet, set[str]]]
) -> tuple[CareSheet, set[str]] | None:
    """The sheet that the column belongs on: of its nurse, its form and its shift."""
    code = form_code(column.level)
    return next(
        (
            (sheet, uuids)
            for sheet, uuids in held
            if (sheet.encounter_id, sheet.nurse_id, sheet.code)
            == (column.encounter_id, column.author_id, code)
            and sheet.starts_at <= column.happened_at < sheet.ends_at
        ),
        None,
    )


def _signed_on(
    column: CareColumn, held: Sequence[tuple[CareSheet, set[str]]], signed: dict[int, Any]
) -> SignedOn:
    found = sheet_for(column, held)
    if found is None:
        return SignedOn(NONE)
    sheet, uuids = found
    if str(column.uuid) not in uuids:
        return SignedOn(CHANGED, sheet.document)
    version = sheet.document.current_version_id
    return SignedOn(SIGNED if version in signed else WAITING, sheet.document)


@dataclass(frozen=True, slots=True)
class ToSign:
    """A shift's columns of one nurse that are on no sheet, or not as they stand now."""

    code: str
    shift: Shift
    count: int
    first: CareColumn


def shift_of(column: CareColumn) -> Shift:
    """The shift that the column was written for."""
    return shift_at(column.facility_id, column.happened_at)


def to_sign(
    stay: Encounter, nurse: User, columns: Sequence[CareColumn], states: Mapping[int, SignedOn]
) -> list[ToSign]:
    """What of these columns the nurse has still to put on a sheet, by shift and form; `states` of `signed_on`."""
    around = shifts_around(stay.facility_id, columns[0].happened_at) if columns else []
    found: dict[tuple[str, dt.datetime], list[CareColumn]] = {}
    shifts: dict[dt.datetime, Shift] = {}
    for column in columns:
        if column.author_id != nurse.pk or states[column.pk].state not in {NONE, CHANGED}:
            continue
        shift = next(s for s in around if s.start <= column.happened_at < s.end)
        shifts[shift.start] = shift
        found.setdefault((form_code(column.level), shift.start), []).append(column)
    return [ToSign(code, shifts[start], len(those), those[0]) for (code, start), those in found.items()]


def columns_of_sheet(sheet: CareSheet) -> list[CareColumn]:
    """The columns of the sheet's nurse, shift and form, as they hold now."""
    return [
        column
        for column in held_columns(sheet.encounter, sheet.starts_at, sheet.ends_at)
        if column.author_id == sheet.nurse_id and form_code(column.level) == sheet.code
    ]


def content_of(sheet: CareSheet) -> dict[str, Any]:
    """The sheet's body as JSON in Vietnamese, complete enough to print it for ever: tables of at most PER_TABLE columns."""
    columns = columns_of_sheet(sheet)
    groups = grid_of(sheet.encounter, columns, language="vi")
    return {
        "shift": sheet.shift_name,
        "starts_at": sheet.starts_at.isoformat(),
        "ends_at": sheet.ends_at.isoformat(),
        "nurse": sheet.nurse.titled_name,
        "uuids": [str(column.uuid) for column in columns],
        "tables": [
            {
                "columns": [_head_of(column, sheet) for column in columns[begin : begin + PER_TABLE]],
                "groups": [_json_of(group, begin) for group in groups],
            }
            for begin in range(0, len(columns), PER_TABLE)
        ],
    }


def _head_of(column: CareColumn, sheet: CareSheet) -> dict[str, Any]:
    at = timezone.localtime(column.happened_at)
    first = timezone.localdate(sheet.encounter.begins_at)
    entered = timezone.localtime(column.created_at)
    return {
        "day": f"{at:%d/%m/%Y}",
        "time": f"{at:%H:%M}",
        "treatment_day": max((at.date() - first).days, 0) + 1,
        "level": column.level,
        "late": f"ghi lúc {entered:%H:%M %d/%m}: {column.late_reason}" if column.late_reason else "",
        "corrected": f"sửa: {column.reason}" if column.reason else "",
    }


def _json_of(group: Group, begin: int) -> dict[str, Any]:
    return {
        "title": group.title,
        "lines": [
            {
                "title": line.title,
                "cells": [
                    {"text": cell.text, "is_copied": cell.is_copied}
                    for cell in line.cells[begin : begin + PER_TABLE]
                ],
            }
            for line in group.lines
        ],
    }
