"""What the running treatment sheets of a stay show, as plain data: frozen when a print is asked for.

{"layout", "header": {…}, "sheets": [{"identity", "diagnosis", "entries": [{…}]}]}; instants are ISO text. A sheet begins
anew in each department. What an entry says is not repeated here: `version` names it, and versions never change.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from encounters.documents.heading import Pairs, bare, numbers, person, place_at, places_of
from encounters.documents.models import Document
from encounters.documents.selectors import ENTRY
from encounters.documents.signed import SignedBy, signatures_of
from encounters.forms.engine import Coding
from encounters.forms.services import answers_of
from encounters.visits.models import Encounter, EncounterLocation

# Raised when the print's look changes, so that prints made before are not taken for today's.
LAYOUT = 1


def entries_between(encounter: Encounter, first: dt.date | None, last: dt.date | None) -> list[Document]:
    """The stay's finished entries of these days, in order; those entered in error too, drafts not. One query."""
    found = Document.objects.filter(encounter=encounter, code=ENTRY, current_version__isnull=False)
    zone = timezone.get_current_timezone()
    if first is not None:
        found = found.filter(happened_at__gte=dt.datetime.combine(first, dt.time.min, zone))
    if last is not None:
        after = dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min, zone)
        found = found.filter(happened_at__lt=after)
    return list(
        found.select_related(
            "department", "error_by", "current_version__author", "current_version__response__questionnaire"
        )
        .defer("current_version__composition", "current_version__response__questionnaire__resource")
        .order_by("happened_at", "pk")
    )


def content_of(encounter: Encounter, entries: list[Document], *, is_whole: bool) -> dict[str, Any]:
    """The content of a print of these entries (at least one); as many queries for one as for five hundred."""
    signatures = signatures_of([entry.current_version_id for entry in entries if entry.current_version_id])
    places = places_of(encounter)
    with override("vi"):
        sheets = [
            _sheet(encounter, list(group), places, signatures)
            for _department, group in groupby(entries, key=lambda entry: entry.department_id)
        ]
        header = _header(encounter, entries, is_whole=is_whole)
    return {"layout": LAYOUT, "header": header, "sheets": sheets}


def course_address(encounter: Encounter) -> str:
    """Where the print's QR code leads: the course of this stay, for who may read it."""
    return settings.EMR_PUBLIC_URL.rstrip("/") + reverse("encounters:documents:course", args=[encounter.uuid])


def _header(encounter: Encounter, entries: list[Document], *, is_whole: bool) -> dict[str, Any]:
    facility, newest = encounter.facility, entries[-1].current_version
    assert newest is not None  # noqa: S101  entries_between gives finished ones
    days = [timezone.localdate(entry.happened_at) for entry in (entries[0], entries[-1])]
    return {
        "title": newest.response.questionnaire.title,
        "form_code": ENTRY,
        "authority": facility.authority,
        "facility": facility.name,
        "record_number": encounter.admission_number or encounter.identifier,
        "numbers": numbers(encounter, ENTRY),
        "days": [] if is_whole else [f"{day:%d/%m/%Y}" for day in days],
        "verify_text": course_address(encounter),
    }


def _sheet(
    encounter: Encounter,
    entries: list[Document],
    places: list[EncounterLocation],
    signatures: dict[int, list[SignedBy]],
) -> dict[str, Any]:
    lain = dict.fromkeys(place_at(places, entry.happened_at) for entry in entries)
    rooms = dict.fromkeys(room for room, _bed in lain if room)
    beds = dict.fromkeys(bed for _room, bed in lain if bed)
    where: Pairs = [
        ["Khoa", bare(entries[0].department.name, "khoa")],
        ["Buồng", ", ".join(rooms)],
        ["Giường", ", ".join(beds)],
    ]
    return {
        "department": entries[0].department.name,
        "identity": [person(encounter, timezone.localdate(encounter.begins_at)), where],
        "diagnosis": _diagnosis(entries),
        "entries": [_entry(entry, signatures) for entry in entries],
    }


def _diagnosis(entries: Iterable[Document]) -> str:
    """The main diagnosis as the newest of these entries that holds words it."""
    for entry in reversed([entry for entry in entries if not entry.is_closed]):
        resource = entry.current_version.response.resource if entry.current_version else {}
        written = [str(a.value) for a in answers_of(resource, "course.diagnosis.text") if a.value]
        codes = [
            a.value for a in answers_of(resource, "course.diagnosis.code") if isinstance(a.value, Coding)
        ]
        words = written[0] if written else codes[0].display if codes else ""
        if words or codes:
            return f"{words} ({codes[0].code})" if codes else words
    return ""


def _entry(document: Document, signatures: dict[int, list[SignedBy]]) -> dict[str, Any]:
    version = document.current_version
    assert version is not None  # noqa: S101  entries_between gives finished ones
    error = None
    if document.is_closed:
        error = {
            "reason": document.error_reason,
            "by": document.error_by.titled_name if document.error_by else "",
            "at": document.error_at.isoformat() if document.error_at else "",
        }
    return {
        "version": version.pk,
        "number": version.number,
        "amended": {"reason": version.reason, "at": version.frozen_at.isoformat()}
        if version.reason
        else None,
        "late": {"reason": document.late_reason, "at": document.created_at.isoformat()}
        if document.late_reason
        else None,
        "error": error,
        "author": version.author.titled_name,
        "signatures": [
            {"name": signed.name, "capacity": signed.capacity, "at": signed.at.isoformat()}
            for signed in signatures.get(version.pk, [])
        ],
    }
