"""Questions about documents; each answers in a number of queries that doesn't grow."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.choices import Whole, declare
from emr.common.clock import local_today, now
from encounters.documents import permissions
from encounters.documents.access import documents_for
from encounters.documents.models import Document, DocumentBytes, DocumentDraft, DocumentVersion
from encounters.documents.signed import signatures_of
from encounters.forms.services import answers_of
from encounters.visits.models import Encounter
from encounters.visits.selectors.wards import day_bounds

ENTRY = "36/BV2"
# Hours in which a confirmed document is to be signed; the facility may set another number.
SIGN_WITHIN_HOURS = 24
declare(
    Whole(
        name="sign_within_hours",
        room="documents",
        label=gettext_lazy("A confirmed document is signed within"),
        help=gettext_lazy("Later it stands among the overdue ones."),
        default=SIGN_WITHIN_HOURS,
        least=1,
        most=720,
        unit=pgettext_lazy("unit", "hours"),
    )
)


@dataclass(slots=True)
class Entry:
    """One document in the course: what a day's column shows of it."""

    document: Document
    text: str
    sections: dict[str, Any]
    is_signed: bool
    is_overdue: bool
    is_draft: bool


@dataclass(slots=True)
class Day:
    """One day of the stay, oldest first."""

    date: dt.date
    number: int
    entries: list[Entry] = field(default_factory=list)


def has_signed_record(encounter: Encounter) -> bool:
    """Whether anybody signed a record (…/BV1) of this stay."""
    records = Document.objects.filter(
        encounter=encounter, code__endswith="/BV1", current_version__isnull=False
    )
    standing = records.exclude(status=Document.Status.ENTERED_IN_ERROR)
    return bool(signatures_of(list(standing.values_list("current_version_id", flat=True))))


def with_state(documents: QuerySet[Document]) -> QuerySet[Document]:
    """Annotated with what lists show: `is_signed` (a signature is embedded), `has_draft`, `is_rendered`."""
    of_version = DocumentBytes.objects.filter(version=OuterRef("current_version"))
    return documents.annotate(
        is_signed=Exists(of_version.filter(revision__gt=0, by_seal=False)), is_rendered=Exists(of_version)
    ).select_related("author", "department", "current_version__response", "draft")


def documents_of(encounter: Encounter, *, finished_alone: bool = False) -> QuerySet[Document]:
    """Every document of a stay in the course's order, those entered in error included; `is_overdue` when unsigned.

    `finished_alone`: without what nobody has confirmed yet.
    """
    late = Q(current_version__frozen_at__lt=now() - _time_to_sign(encounter.facility_id))
    found = with_state(Document.objects.filter(encounter=encounter))
    if finished_alone:
        found = found.filter(current_version__isnull=False)
    return found.annotate(is_overdue=late).order_by("happened_at", "pk")


def _time_to_sign(facility_id: int) -> dt.timedelta:
    return dt.timedelta(hours=facility_setting(facility_id, "sign_within_hours"))


def course_of(
    encounter: Encounter, *, finished_alone: bool = False, since: dt.datetime | None = None
) -> list[Day]:
    """The treatment-sheet entries as days of one course, `since` a moment; `finished_alone`: as confirmed last."""
    days: dict[dt.date, Day] = {}
    first = timezone.localdate(encounter.begins_at)
    found = documents_of(encounter, finished_alone=finished_alone).filter(code=ENTRY)
    for document in found if since is None else found.filter(happened_at__gte=since):
        date = timezone.localdate(document.happened_at)
        day = days.setdefault(date, Day(date, max((date - first).days, 0) + 1))
        day.entries.append(_entry(document, None if finished_alone else getattr(document, "draft", None)))
    return list(days.values())


def _entry(document: Document, draft: DocumentDraft | None) -> Entry:
    version = document.current_version
    content = draft.content if draft else (version.response.resource if version else {})
    texts = [str(answer.value) for answer in answers_of(content, "course.text") if answer.value]
    signed = bool(getattr(document, "is_signed", False))
    return Entry(
        document=document,
        text="\n".join(texts),
        sections=version.composition["sections"] if version else {},
        is_signed=signed,
        is_overdue=not signed and bool(getattr(document, "is_overdue", False)),
        is_draft=draft is not None,
    )


def overdue_for(user: User) -> QuerySet[Document]:
    """What was confirmed and isn't signed within the facility's time; the oldest first, annotated with `due_at`.

    A person's own documents, and everybody's in the departments that the person oversees.
    """
    limit = _time_to_sign(user.facility_id)
    signed = DocumentBytes.objects.filter(version=OuterRef("current_version"), revision__gt=0, by_seal=False)
    found = documents_for(user).filter(
        ~Exists(signed),
        status__in=[Document.Status.FINAL, Document.Status.AMENDED],
        current_version__frozen_at__lt=now() - limit,
    )
    overseen = user.departments_for(permissions.OVERSEE)
    if isinstance(overseen, frozenset):
        found = found.filter(Q(author=user) | Q(department__in=overseen))
    return found.annotate(due_at=F("current_version__frozen_at") + limit).order_by(
        "current_version__frozen_at", "pk"
    )


def unfinished_for(user: User) -> QuerySet[Document]:
    """What this person has begun and not finished, or finished and not signed; the oldest first."""
    signed = DocumentBytes.objects.filter(version=OuterRef("current_version"), revision__gt=0, by_seal=False)
    mine = documents_for(user).filter(~Exists(signed), author=user).exclude(status="entered-in-error")
    return with_state(mine).select_related("patient", "encounter").order_by("happened_at")


def begun_today(encounter: Encounter, code: str, by: User) -> Document | None:
    """The document of this kind that this person began today and never confirmed: opened again, not doubled."""
    start, end = day_bounds(local_today())
    return (
        Document.objects.filter(
            encounter=encounter,
            code=code,
            author=by,
            current_version=None,
            draft__isnull=False,
            happened_at__gte=start,
            happened_at__lt=end,
        )
        .order_by("-happened_at", "-pk")
        .first()
    )


def versions_of(document: Document) -> QuerySet[DocumentVersion]:
    """All versions, newest first, with their bytes."""
    return (
        document.versions.select_related("author")
        .prefetch_related(Prefetch("bytes", DocumentBytes.objects.order_by("revision")))
        .order_by("-number")
    )


def latest_bytes(version: DocumentVersion) -> DocumentBytes | None:
    """The version's newest PDF: signed as far as it is; None while it is being rendered."""
    return version.bytes.select_related("attachment__key").order_by("-revision").first()
