"""Paper as files: kept byte for byte at once, taken apart by a worker page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from emr.outbox import Delivery, publish
from emr.storage.services import DamagedFile, read_bytes, store_bytes
from emr.storage.strangers import kind_of
from encounters.forms.selectors import normal_code
from encounters.scanning.cage import ReadPage, Unreadable, pages_of
from encounters.scanning.models import ScanBatch, ScannedPage
from encounters.scanning.services.filing import place_page
from encounters.visits.models import Encounter

MEGABYTES = 60
MOST_FILES = 20
_TIFF = (b"II*\x00", b"MM\x00*")
Status = ScanBatch.Status


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it was sent: what the device called it, its bytes."""

    name: str
    data: bytes


def scan_kind(data: bytes) -> str | None:
    """The media type of a file that may hold paper: PDF, JPEG, PNG, TIFF; None for anything else."""
    return "image/tiff" if data.startswith(_TIFF) else kind_of(data)


@transaction.atomic
def receive(
    *, files: Sequence[Upload], key: UUID, by: User, encounter: Encounter | None = None, code: str = ""
) -> list[ScanBatch]:
    """Keep the files and have them read; the same key again is answered with the same batches.

    With `encounter` pages of other patients are stopped; with `code` besides, pages without a code of their own are filed
    to that form. Raises DomainError by `code`: no_file, too_many, empty, too_large, bad_file.
    """
    known = ScanBatch.objects.filter(facility_id=by.facility_id, uploaded_by=by, key=key).order_by("place")
    if known.exists():
        return list(known)
    if not files:
        raise DomainError(_("Choose a file or take a photograph."), code="no_file", field="scans")
    if len(files) > MOST_FILES:
        raise DomainError(
            _("Send at most %(count)d files at once.") % {"count": MOST_FILES}, code="too_many", field="scans"
        )
    for upload in files:
        _demand_fit(upload)
    batches = []
    for place, upload in enumerate(files):
        kind = scan_kind(upload.data) or ""
        batch = ScanBatch.objects.create(
            facility_id=by.facility_id,
            key=key,
            place=place,
            name=tidy(upload.name)[:120],
            original=store_bytes(upload.data, content_type=kind, facility=by.facility),
            uploaded_by=by,
            encounter=encounter,
            patient=encounter.patient if encounter is not None else None,
            code=normal_code(code)[:20] if encounter is not None else "",
        )
        record("scan.upload", by=by, of=batch, detail={"sha256": batch.original.sha256, "kind": kind})
        publish("scan_batch.received", order_key=f"scan_batch:{batch.pk}", scan_batch_id=batch.pk)
        batches.append(batch)
    return batches


def _demand_fit(upload: Upload) -> None:
    if not upload.data:
        raise DomainError(_("“%(name)s” is empty.") % {"name": upload.name}, code="empty", field="scans")
    if len(upload.data) > MEGABYTES * 1024**2:
        words = _("“%(name)s” is larger than %(size)d MB. Scan it in parts, or with fewer dots per inch.")
        raise DomainError(words % {"name": upload.name, "size": MEGABYTES}, code="too_large", field="scans")
    if scan_kind(upload.data) is None:
        words = _("“%(name)s” is no PDF, JPEG, PNG or TIFF.")
        raise DomainError(words % {"name": upload.name}, code="bad_file", field="scans")


@transaction.atomic
def cancel_batch(*, batch: ScanBatch, by: User) -> ScanBatch:
    """Call it off: a worker that has it in hand stops at the next page. Pages that were read stay."""
    found = _locked(batch.pk)
    if found.is_under_way:
        found.status = Status.CANCELLED
        found.save(update_fields=["status"])
        record("scan.cancel", by=by, of=found)
    return found


def read_batch(*, batch_id: int, owed: Delivery) -> None:
    """Take one file apart, outside any transaction; each page is kept and filed in its own. Begun again it goes on where
    it was; a page that can't be read doesn't hold its neighbours up.
    """
    batch = ScanBatch.objects.select_related("original__key").get(pk=batch_id)
    if not batch.is_under_way:
        return
    problem = ""
    try:
        data = read_bytes(batch.original)
        for page in pages_of(data, first=batch.pages.count() + 1):
            owed.renew()
            if not _keep_page(batch_id, page):
                return
    except Unreadable as trouble:
        problem = trouble.code
    except DamagedFile:
        problem = "damaged"
    with owed.finish():
        found = _locked(batch_id)
        if found.is_under_way:
            found.status, found.problem = (Status.FAILED if problem else Status.DONE), problem
            found.save(update_fields=["status", "problem"])
            detail = {"pages": found.pages_read} | ({"problem": problem} if problem else {})
            record("scan.process", of=found, outcome="failure" if problem else "success", detail=detail)


def _locked(batch_id: int) -> ScanBatch:
    return (
        ScanBatch.objects.select_for_update(of=("self",))
        .select_related("facility", "uploaded_by", "encounter__patient", "encounter__department")
        .get(pk=batch_id)
    )


@transaction.atomic
def _keep_page(batch_id: int, read: ReadPage) -> bool:
    """Keep and file one page; False when the batch was called off."""
    batch = _locked(batch_id)
    if not batch.is_under_way:
        return False
    if not ScannedPage.objects.filter(batch=batch, number=read.number).exists():
        page = ScannedPage(
            facility=batch.facility,
            batch=batch,
            number=read.number,
            is_blank=read.is_blank,
            problem=read.problem,
        )
        if read.image:
            page.image, page.thumbnail = (
                store_bytes(data, content_type="image/jpeg", facility=batch.facility)
                for data in (read.image, read.thumbnail)
            )
        if page.is_blank:
            page.removed_at = now()
        page.save()
        if not page.problem and not page.is_blank:
            place_page(page, batch=batch, codes=read.codes)
    batch.status, batch.page_count, batch.pages_read = Status.READING, read.count, read.number
    batch.save(update_fields=["status", "page_count", "pages_read"])
    return True
