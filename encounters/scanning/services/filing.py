"""Where a page belongs: by the code on it, by the form chosen when it was sent, or by hand. Another patient's is stopped."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import Conflict, DomainError
from encounters.documents.marks import Mark, read_mark
from encounters.documents.models import Document, DocumentVersion
from encounters.forms.selectors import normal_code
from encounters.scanning import permissions
from encounters.scanning.models import Paper, PaperEvent, ScanBatch, ScannedPage
from encounters.scanning.selectors import version_of
from encounters.visits.access import acts_here, reaches_stay
from encounters.visits.models import Encounter

Problem = ScannedPage.Problem
Verb = PaperEvent.Verb


@dataclass(frozen=True, slots=True)
class _Target:
    """The stay, form and (of a print of ours) version that a code names."""

    encounter: Encounter
    code: str
    version: DocumentVersion | None = None

    @property
    def day(self) -> dt.date | None:
        """The day that the document is of."""
        return timezone.localdate(self.version.document.happened_at) if self.version is not None else None


def place_page(page: ScannedPage, *, batch: ScanBatch, codes: Sequence[str]) -> None:
    """File a page that was just read, or write down what keeps it; within a transaction that holds the batch."""
    marks = [(text, mark) for text in codes if (mark := read_mark(text)) is not None]
    if not marks:
        if batch.encounter is not None and batch.code:
            target = _Target(batch.encounter, batch.code)
            paper = _open_paper(target, batch=batch)
            _put(page, paper, by=batch.uploaded_by)
        return
    text, mark = max(marks, key=lambda pair: pair[1].page)
    page.mark, page.mark_page = text[:300], mark.page
    target_of_mark = _target(mark, batch.facility_id)
    page.problem, page.found = _trouble(batch, [mark for _text, mark in marks], target_of_mark)
    if page.problem or target_of_mark is None:
        page.patient = page.found.patient if page.found is not None else None
        page.save(update_fields=["mark", "mark_page", "problem", "found", "patient"])
        if page.problem == Problem.OTHER_PATIENT:
            record("scanned_page.stop", by=batch.uploaded_by, of=page, outcome="failure")
        return
    _put(page, _open_paper(target_of_mark, batch=batch), by=batch.uploaded_by)


def _target(mark: Mark, facility_id: int) -> _Target | None:
    if mark.verify_code:
        version = version_of(mark.verify_code, facility_id)
        if version is None:
            return None
        return _Target(version.document.encounter, version.document.code, version)
    if mark.encounter is None:
        return None
    encounter = (
        Encounter.objects.filter(facility_id=facility_id, uuid=mark.encounter)
        .select_related("patient", "department")
        .first()
    )
    return _Target(encounter, normal_code(mark.form)[:20]) if encounter is not None else None


def _trouble(batch: ScanBatch, marks: Sequence[Mark], target: _Target | None) -> tuple[str, Encounter | None]:
    """(what keeps the page from being filed, the stay that its code names)."""
    if len({(mark.verify_code, mark.encounter, mark.form) for mark in marks}) > 1:
        return Problem.TWO_CODES, None
    if target is None:
        return Problem.UNKNOWN, None
    stay, by = target.encounter, batch.uploaded_by
    if batch.encounter is not None and batch.encounter.patient.root_id != stay.patient.root_id:
        return Problem.OTHER_PATIENT, stay
    if not reaches_stay(by, stay.pk, permissions.UPLOAD):
        return Problem.OUT_OF_REACH, stay
    if not acts_here(by, permissions.UPLOAD, stay):
        return Problem.FROZEN, stay
    return "", None


def _open_paper(target: _Target, *, batch: ScanBatch) -> Paper:
    """The paper that takes the page: the version's open one, or the batch's own of that form; else a new one."""
    still_open = Paper.objects.select_for_update(of=("self",)).filter(
        encounter=target.encounter, code=target.code, status__in=Paper.OPEN
    )
    if target.version is not None:
        # Two files that hold pages of one print wait here for each other.
        Document.objects.select_for_update(of=("self",)).get(pk=target.version.document_id)
        found = still_open.filter(version=target.version).first()
    else:
        own = ScannedPage.objects.filter(batch=batch, paper__isnull=False).values("paper")
        found = still_open.filter(version=None, pk__in=own).first()
    if found is not None:
        return found
    return Paper.objects.create(
        facility_id=batch.facility_id,
        patient_id=target.encounter.patient_id,
        encounter=target.encounter,
        department=target.encounter.department,
        code=target.code,
        version=target.version,
        day=target.day,
        created_by=batch.uploaded_by,
    )


def _put(page: ScannedPage, paper: Paper, *, by: User) -> None:
    """Add the page: where its number says, else at the end. The paper is locked."""
    held = list(paper.pages.filter(removed_at=None).order_by("place", "pk"))
    later = (index for index, other in enumerate(held) if other.mark_page > page.mark_page > 0)
    held.insert(next(later, len(held)), page)
    page.paper, page.patient_id, page.problem, page.found = paper, paper.patient_id, "", None
    page.removed_at, page.removed_by = None, None
    page.place = held.index(page) + 1
    page.save()
    number_pages(held)
    note(paper, Verb.FILE, by=by, page=page)
    record("paper.file", by=by, of=paper, detail={"page": str(page.uuid), "code": paper.code})


def number_pages(pages: Sequence[ScannedPage]) -> None:
    """Give the pages their places in this order."""
    for place, page in enumerate(pages, start=1):
        if page.place != place:
            page.place = place
            page.save(update_fields=["place"])


def note(
    paper: Paper, verb: PaperEvent.Verb, *, by: User | None, page: ScannedPage | None = None, reason: str = ""
) -> None:
    """Write down what was done to the paper's pages; whoever looked at it before must look again."""
    PaperEvent.objects.create(
        facility_id=paper.facility_id, paper=paper, page=page, verb=verb, by=by, reason=reason
    )
    paper.revision += 1
    paper.save(update_fields=["revision"])


@transaction.atomic
def file_page(*, page: ScannedPage, encounter: Encounter, code: str, by: User) -> Paper:
    """File a page that waits to a form of a stay that the person chose; pages of one file and form make up one paper.

    Raises DomainError by `code`: no_form, unreadable, other_patient (its code names somebody else), Conflict filed.
    """
    batch = ScanBatch.objects.select_for_update(of=("self",)).select_related("facility", "uploaded_by").get(
        pk=page.batch_id
    )  # fmt: skip
    row = ScannedPage.objects.select_for_update(of=("self",)).select_related("found__patient").get(pk=page.pk)
    code = normal_code(code)[:20]
    if row.paper is not None:
        if row.paper.encounter_id == encounter.pk and row.paper.code == code:
            return row.paper
        raise Conflict(_("Somebody filed this page meanwhile."), code="filed")
    if not code:
        raise DomainError(_("Choose the form that this page is of."), code="no_form", field="code")
    if row.image_id is None:
        raise DomainError(_("This page could not be read. Scan it again."), code="unreadable")
    if row.found is not None and row.found.patient.root_id != encounter.patient.root_id:
        words = _(
            "The code on this page says that it is %(name)s's. It can't be filed in another patient's record."
        )
        raise DomainError(words % {"name": row.found.patient.full_name.upper()}, code="other_patient")
    mark = read_mark(row.mark) if row.mark else None
    target = _target(mark, batch.facility_id) if mark is not None else None
    if target is None or target.encounter.pk != encounter.pk or target.code != code:
        target = _Target(encounter, code)
    paper = _open_paper(target, batch=batch)
    _put(row, paper, by=by)
    return paper
