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
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.storage.services import store_bytes
from encounters.documents.models import CoursePrint, DocumentVersion
from encounters.documents.selectors import ENTRY
from encounters.documents.services.printing import printed_sections
from encounters.documents.sheets import content_of, entries_between
from encounters.forms.services import checksum, columns_of, print_parts
from encounters.visits.models import Encounter

Status = CoursePrint.Status


class CalledOff(Exception):
    """The print was cancelled while it was being made."""


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
    digest = checksum(content)
    # Two who ask in the same second find one row; nobody works on it until it is queued below.
    CoursePrint.objects.bulk_create(
        [
            CoursePrint(
                facility_id=encounter.facility_id,
                patient_id=encounter.patient_id,
                encounter=encounter,
                content=content,
                digest=digest,
                status=Status.CANCELLED,
                requested_by=by,
            )
        ],
        ignore_conflicts=True,
    )
    course_print = CoursePrint.objects.select_for_update(of=("self",)).get(encounter=encounter, digest=digest)
    if course_print.status in {Status.CANCELLED, Status.FAILED}:
        _queue(course_print, by)
    record(
        "course_print.request",
        by=by,
        of=course_print,
        detail={"entries": len(entries), "digest": digest, "status": course_print.status},
    )
    return course_print


def _queue(course_print: CoursePrint, by: User) -> None:
    course_print.status, course_print.pages = Status.QUEUED, 0
    course_print.requested_by, course_print.requested_at = by, now()
    course_print.save(update_fields=["status", "pages", "requested_by", "requested_at"])
    publish(
        "course_print.requested", order_key=f"course_print:{course_print.pk}", course_print_id=course_print.pk
    )


@transaction.atomic
def resume_course_print(*, course_print: CoursePrint, by: User) -> CoursePrint:
    """Make a print that was called off or failed after all. What is under way or ready stays as it is."""
    found = CoursePrint.objects.select_for_update(of=("self",)).get(pk=course_print.pk)
    if found.status in {Status.CANCELLED, Status.FAILED}:
        _queue(found, by)
        record("course_print.resume", by=by, of=found)
    return found


@transaction.atomic
def cancel_course_print(*, course_print: CoursePrint, by: User) -> CoursePrint:
    """Call it off: a worker that has it in hand stops at the next page. What is ready stays."""
    found = CoursePrint.objects.select_for_update(of=("self",)).get(pk=course_print.pk)
    if found.is_under_way:
        found.status = Status.CANCELLED
        found.save(update_fields=["status"])
        record("course_print.cancel", by=by, of=found)
    return found


def report_progress(*, course_print_id: int, pages: int) -> None:
    """A worker has laid out so many pages. Raises CalledOff when nobody wants the print any more."""
    under_way = CoursePrint.objects.filter(pk=course_print_id, status__in=[Status.QUEUED, Status.RENDERING])
    if not under_way.update(status=Status.RENDERING, pages=pages):
        raise CalledOff


@transaction.atomic
def store_course_print(*, course_print_id: int, pdf: bytes, pages: int) -> CoursePrint:
    """Keep the PDF. Called off meanwhile, or made by another worker: nothing changes."""
    found = (
        CoursePrint.objects.select_for_update(of=("self",)).select_related("facility").get(pk=course_print_id)
    )
    if found.is_under_way:
        found.attachment = store_bytes(pdf, content_type="application/pdf", facility=found.facility)
        found.status, found.pages = Status.READY, pages
        found.save(update_fields=["attachment", "status", "pages"])
    return found


def fail_course_print(*, course_print_id: int) -> None:
    """The last attempt failed: say so, so that nobody waits; it may be asked for again."""
    under_way = CoursePrint.objects.filter(pk=course_print_id, status__in=[Status.QUEUED, Status.RENDERING])
    under_way.update(status=Status.FAILED)


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
