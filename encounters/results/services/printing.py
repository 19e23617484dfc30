"""Results on paper: asked for, made by a worker, kept once, or called off."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents.services import prints
from encounters.results.models import DiagnosticReport, ResultPrint
from encounters.results.paper import copy_of_report, copy_of_table
from encounters.results.selectors.through_time import Asked
from encounters.visits.models import Encounter
from patients.registry.models import Patient

NOUN = "result_print"


@transaction.atomic
def request_report_print(*, report: DiagnosticReport, by: User) -> ResultPrint:
    """Ask for a copy of this version of a report. What was taken back has nothing to print: DomainError."""
    if report.is_void:
        raise DomainError(_("This report tells nothing any more: there is nothing to print."), code="void")
    row = ResultPrint(
        facility_id=report.facility_id,
        patient_id=report.patient_id,
        kind=ResultPrint.Kind.REPORT,
        report=report,
    )
    return _ask(row, copy_of_report(report), by)


@transaction.atomic
def request_table_print(
    *,
    patient: Patient,
    encounter: Encounter | None,
    asked: Asked,
    listed: Q,
    by: User,
    before: dt.datetime | None = None,
) -> ResultPrint:
    """Ask for what the table shows: its newest forty times, or those before an instant. DomainError where there is none."""
    content = copy_of_table(patient, encounter, asked, listed, before=before)
    if content is None:
        raise DomainError(_("No result fits: there is nothing to print."), code="empty")
    row = ResultPrint(facility_id=patient.facility_id, patient_id=patient.pk, kind=ResultPrint.Kind.TABLE)
    return _ask(row, content, by)


def _ask(row: ResultPrint, content: dict[str, Any], by: User) -> ResultPrint:
    found = prints.ask_for(row, content=content, noun=NOUN, by=by)
    record("result_print.request", by=by, of=found, detail={"kind": found.kind, "digest": found.digest})
    return found


def resume_result_print(*, result_print: ResultPrint, by: User) -> ResultPrint:
    """Make a print that was called off or failed after all."""
    return prints.resume(result_print, noun=NOUN, by=by)


def cancel_result_print(*, result_print: ResultPrint, by: User) -> ResultPrint:
    """Call it off; what is ready stays."""
    return prints.cancel(result_print, noun=NOUN, by=by)


def render_result_print(result_print: ResultPrint, on_step: Callable[[int], None]) -> bytes:
    """The PDF/A, from frozen data alone: the same content gives the same bytes. `on_step(pages so far)` at each page."""
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.documents.rendering import FORM, qr_svg, render_pdf, steps_told  # noqa: PLC0415

    content = result_print.content
    with override("vi"):
        context = content | {
            "qr": qr_svg(content["header"]["verify_text"]),
            "digest": result_print.digest[:12],
        }
        html = render_to_string(f"encounters/results/print_{result_print.kind}.html", context)
    sheets = FORM if result_print.kind == ResultPrint.Kind.REPORT else (*FORM, "table.css")
    with steps_told(on_step):
        return render_pdf(html, identifier=bytes.fromhex(result_print.digest)[:16], stylesheets=sheets)
