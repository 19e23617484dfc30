"""The running treatment sheets of a stay: asked for, made by a worker, kept once, or called off."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents.models import CoursePrint, DocumentVersion
from encounters.documents.selectors import ENTRY
from encounters.documents.services import prints
from encounters.documents.services.printing import printed_sections
from encounters.documents.sheets import content_of, entries_between
from encounters.forms.services import columns_of, print_parts
from encounters.visits.models import Encounter

NOUN = "course_print"


@transaction.atomic
def request_course_print(
    *, encounter: Encounter, by: User, first: dt.date | None = None, last: dt.date | None = None
) -> CoursePrint:
    """Ask for the treatment sheets of the stay, or of the days from `first` to `last`; both None: the whole stay.

    The same entries with the same signatures are found again, not made again. Raises DomainError when these days have
    no finished entry.
    """
    entries = entries_between(encounter, first, last)
    if not entries:
        raise DomainError(
            _("No finished entry of the treatment sheet stands in these days."), code="no_entry"
        )
    content = content_of(encounter, entries, is_whole=first is None and last is None)
    course_print = prints.ask_for(
        CoursePrint(facility_id=encounter.facility_id, patient_id=encounter.patient_id, encounter=encounter),
        content=content,
        noun=NOUN,
        by=by,
    )
    record(
        "course_print.request",
        by=by,
        of=course_print,
        detail={"entries": len(entries), "digest": course_print.digest, "status": course_print.status},
    )
    return course_print


def resume_course_print(*, course_print: CoursePrint, by: User) -> CoursePrint:
    """Make a print that was called off or failed after all. What is under way or ready stays as it is."""
    return prints.resume(course_print, noun=NOUN, by=by)


def cancel_course_print(*, course_print: CoursePrint, by: User) -> CoursePrint:
    """Call it off: a worker that has it in hand stops at the next page. What is ready stays."""
    return prints.cancel(course_print, noun=NOUN, by=by)


def render_course_print(course_print: CoursePrint, on_step: Callable[[int], None]) -> bytes:
    """The sheets as PDF/A, from frozen rows alone: the same content gives the same bytes.

    `on_step(pages so far)` is called at each page; what it raises ends the work.
    """
    # WeasyPrint takes a second to import, and only workers print.
    from encounters.documents.rendering import SHEETS, qr_svg, render_pdf, steps_told  # noqa: PLC0415

    content = course_print.content
    with override("vi"):
        sheets = _sheets(content, lambda: on_step(0))
        context = {
            "header": content["header"],
            "sheets": sheets,
            "qr": qr_svg(content["header"]["verify_text"]),
            "digest": course_print.digest[:12],
            "total": _total(content),
        }
        html = render_to_string("encounters/documents/sheets.html", context)
    with steps_told(on_step):
        return render_pdf(html, identifier=bytes.fromhex(course_print.digest)[:16], stylesheets=SHEETS)


def _total(content: dict[str, Any]) -> dict[str, int]:
    entries = [entry for sheet in content["sheets"] for entry in sheet["entries"]]
    valid = [entry for entry in entries if not entry["error"]]
    return {
        "entries": len(entries),
        "signed": sum(bool(entry["signatures"]) for entry in valid),
        "unsigned": sum(not entry["signatures"] for entry in valid),
        "in_error": len(entries) - len(valid),
    }


def _sheets(content: dict[str, Any], on_entry: Callable[[], None]) -> list[dict[str, Any]]:
    """The content's sheets with what their entries say, as HTML. One query."""
    wanted = [entry["version"] for sheet in content["sheets"] for entry in sheet["entries"]]
    versions = DocumentVersion.objects.select_related("response__questionnaire").in_bulk(wanted)
    sheets = []
    for sheet in content["sheets"]:
        entries = []
        for entry in sheet["entries"]:
            on_entry()
            entries.append(_with_instants(entry) | {"cells": _cells(versions[entry["version"]])})
        columns = columns_of(versions[sheet["entries"][0]["version"]].response.questionnaire)
        sheets.append(sheet | {"columns": columns, "entries": entries})
    return sheets


def _cells(version: DocumentVersion) -> list[SafeString]:
    """What one entry writes into each column."""
    response = version.response
    parts = print_parts(
        response.questionnaire,
        response.resource,
        sections=printed_sections(ENTRY, version.composition),
        at=version.frozen_at.isoformat(),
    )
    return list(parts.values())


def _with_instants(value: Any) -> Any:
    """The same with every "at" as an instant, for the template to write in the hospital's time."""
    if isinstance(value, list):
        return [_with_instants(item) for item in value]
    if isinstance(value, dict):
        return {
            name: (parse_datetime(item) if item else None) if name == "at" else _with_instants(item)
            for name, item in value.items()
        }
    return value
