"""What results show on paper, as plain data, frozen when it is asked for: the same data is the same print for ever.

Everything is in Vietnamese, the language of the official forms; instants are ISO text. A report is
{"layout", "header", "report": {…, "lines": […]}}; a table {"layout", "header", "asked", "blocks": [{"columns", "groups"}]}.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from encounters.documents.heading import bare, numbers, person_of
from encounters.results.models import DiagnosticReport
from encounters.results.selectors.reports import sheet_of
from encounters.results.selectors.through_time import Asked, Row, Table, Value, findings_of, table_of
from encounters.visits.models import Encounter
from patients.registry.models import Patient

# Raised when the look changes, so that prints made before are not taken for today's.
LAYOUT = 1
# A page of paper holds ten times; beyond forty nobody reads on, and the screen turns pages.
ACROSS, TIMES = 10, 40
Content = dict[str, Any]


def _iso(at: dt.datetime | None) -> str:
    return at.isoformat() if at else ""


def report_lines(report: DiagnosticReport) -> list[Content]:
    """The findings as the paper shows them."""
    return [
        {
            "title": line.finding.title,
            "depth": line.depth,
            "value": line.value,
            "unit": line.finding.unit,
            "range": line.range,
            "sign": line.sign,
            "word": str(line.word),
            "level": line.level,
            "note": line.finding.note,
            "before": line.before,
        }
        for line in sheet_of(report).lines
    ]


def report_of(report: DiagnosticReport) -> Content:
    """One version of a report, whole, but for whose it is."""
    with override("vi"):
        request = report.request
        return {
            "title": report.title,
            "category": report.category,
            "status": report.status,
            "status_words": str(report.get_status_display()),
            "is_provisional": report.is_provisional,
            "reason": report.reason,
            "number": report.shown_number,
            "ordered_by": request.requester.titled_name if request is not None else "",
            "question": request.clinical_question if request is not None else "",
            "specimen": " ".join(filter(None, (report.specimen_text, report.specimen_number))),
            "collected_at": _iso(report.collected_at),
            "received_at": _iso(report.received_at),
            "performed_at": _iso(report.performed_at),
            "issued_at": _iso(report.issued_at),
            "performer": report.author.titled_name if report.author is not None else report.performer,
            "approver": report.approved_by.titled_name if report.approved_by is not None else report.approver,
            "laboratory": report.laboratory,
            "quality_level": report.quality_level,
            "device": report.device,
            "method": report.method,
            "accession_number": report.accession_number,
            "lines": report_lines(report),
            "narrative": report.narrative,
            "conclusion": report.conclusion,
            "note": report.note,
        }


def header_of(patient: Patient, encounter: Encounter | None, *, title: str, at: dt.datetime) -> Content:
    """The head of a copy: facility, whose it is, where; it has no form number, because it is no official form."""
    facility = encounter.facility if encounter is not None else patient.facility
    department = encounter.department.name if encounter is not None and encounter.department else ""
    return {
        "title": title,
        "form_code": "",
        "authority": facility.authority,
        "facility": facility.name,
        "department": department,
        "record_number": encounter.identifier if encounter is not None else "",
        "numbers": numbers(encounter, "") if encounter is not None else [],
        "identity": [
            person_of(patient, timezone.localdate(at)),
            *([[["Khoa", bare(department, "khoa")]]] if department else []),
        ],
    }


def _address(name: str, *args: Any) -> str:
    return settings.EMR_PUBLIC_URL.rstrip("/") + reverse(f"encounters:results:{name}", args=args)


def copy_of_report(report: DiagnosticReport) -> Content:
    """A report as it stands, for a print."""
    with override("vi"):
        patient = report.patient.merged_into or report.patient
        header = header_of(patient, report.encounter, title=report.title, at=report.effective_at)
        header["verify_text"] = _address("report", report.uuid)
    return {"layout": LAYOUT, "header": header, "report": report_of(report)}


def copy_of_table(
    patient: Patient, encounter: Encounter | None, asked: Asked, listed: Q, *, before: dt.datetime | None
) -> Content | None:
    """A part of the table over the years for a print: up to forty times; None where nothing is in it."""
    table = table_of(findings_of(patient, asked, listed), before=before, times=TIMES, whole=True)
    if not table.columns:
        return None
    with override("vi"):
        header = header_of(patient, encounter, title="Kết quả theo thời gian", at=table.columns[0])
        header["verify_text"] = _address("table_of_patient", patient.uuid)
        return {
            "layout": LAYOUT,
            "header": header,
            "asked": _asked_words(asked),
            "is_cut": table.older is not None,
            "blocks": [_block(table, first) for first in range(0, len(table.columns), ACROSS)],
        }


def _asked_words(asked: Asked) -> list[str]:
    words = [
        str(DiagnosticReport.Category(asked.category).label) if asked.category else "",
        "chỉ xét nghiệm có bất thường" if asked.only else "",
        f"tên có “{asked.text}”" if asked.text else "",
        f"từ {timezone.localdate(asked.since):%d/%m/%Y}" if asked.since else "",
        f"trước {timezone.localdate(asked.until):%d/%m/%Y}" if asked.until else "",
        "trong đợt điều trị này" if asked.stay else "",
    ]
    return [word for word in words if word]


def _block(table: Table, first: int) -> Content:
    """Ten times and the tests that were done at one of them."""
    places = range(first, min(first + ACROSS, len(table.columns)))
    groups = []
    for name, rows in table.groups:
        told = [_row(row, places) for row in rows if any(row.cells[place] for place in places)]
        if told:
            groups.append({"name": name, "rows": told})
    return {"columns": [_iso(table.columns[place]) for place in places], "groups": groups}


def _row(row: Row, places: range) -> Content:
    return {
        "title": row.title,
        "unit": row.unit,
        "range": row.latest.range,
        "cells": [[_cell(value) for value in row.cells[place]] for place in places],
    }


def _cell(value: Value) -> Content:
    mark = "sơ bộ" if value.is_provisional else "đã sửa" if value.is_changed else ""
    return {"text": value.text, "sign": value.sign, "level": value.level, "mark": mark, "sent": value.sent}
