"""Paper that a worker makes: asked for, made, kept once, or called off; for every kind of FrozenPrint."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.outbox import Delivery, publish
from emr.outbox.registry import LeaseLost
from emr.storage.services import store_bytes
from encounters.documents.models import FrozenPrint
from encounters.forms.services import checksum

ATTEMPTS = 4
_TELL_EVERY = 2.0  # seconds: how often the waiting page asks
Status = FrozenPrint.Status
Print = TypeVar("Print", bound=FrozenPrint)
# (the print, what is called with the pages laid out so far) -> the PDF.
Render = Callable[[Any, Callable[[int], None]], bytes]


class CalledOff(Exception):
    """The print was cancelled while it was being made."""


@transaction.atomic
def ask_for(row: Print, *, content: dict[str, Any], noun: str, by: User) -> Print:
    """The print of this content for the one that the unsaved row names: found again, or queued.

    `noun` is the log's and the event's word for the kind ("course_print"; the event has its id as "course_print_id").
    """
    row.content, row.digest = content, checksum(content)
    # Two who ask in the same second find one row; nobody works on it until it is queued below.
    row.status, row.requested_by = Status.CANCELLED, by
    model = type(row)
    model._default_manager.bulk_create([row], ignore_conflicts=True)
    whose = {
        field.attname: getattr(row, field.attname)
        for field in model._meta.fields
        if field.name in {"facility", "patient", "encounter"}
    }
    found = model._default_manager.select_for_update(of=("self",)).get(**whose, digest=row.digest)
    if found.status in {Status.CANCELLED, Status.FAILED}:
        _queue(found, noun, by)
    return found


def _queue(row: FrozenPrint, noun: str, by: User) -> None:
    row.status, row.pages = Status.QUEUED, 0
    row.requested_by, row.requested_at = by, now()
    row.save(update_fields=["status", "pages", "requested_by", "requested_at"])
    publish(f"{noun}.requested", order_key=f"{noun}:{row.pk}", **{f"{noun}_id": row.pk})


def _locked(row: Print) -> Print:
    return type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)


@transaction.atomic
def resume(row: Print, *, noun: str, by: User) -> Print:
    """Make a print that was called off or failed after all. What is under way or ready stays as it is."""
    found = _locked(row)
    if found.status in {Status.CANCELLED, Status.FAILED}:
        _queue(found, noun, by)
        record(f"{noun}.resume", by=by, of=found)
    return found


@transaction.atomic
def cancel(row: Print, *, noun: str, by: User) -> Print:
    """Call it off: a worker that has it in hand stops at the next page. What is ready stays."""
    found = _locked(row)
    if found.is_under_way:
        found.status = Status.CANCELLED
        found.save(update_fields=["status"])
        record(f"{noun}.cancel", by=by, of=found)
    return found


def report_progress(model: type[FrozenPrint], print_id: int, pages: int) -> None:
    """A worker has laid out so many pages. Raises CalledOff when nobody wants the print any more."""
    under_way = model._default_manager.filter(pk=print_id, status__in=[Status.QUEUED, Status.RENDERING])
    if not under_way.update(status=Status.RENDERING, pages=pages):
        raise CalledOff


@transaction.atomic
def store(model: type[Print], print_id: int, *, pdf: bytes, pages: int) -> Print:
    """Keep the PDF. Called off meanwhile, or made by another worker: nothing changes."""
    locked = model._default_manager.select_for_update(of=("self",)).select_related("facility")
    found = locked.get(pk=print_id)
    if found.is_under_way:
        found.attachment = store_bytes(pdf, content_type="application/pdf", facility=found.facility)
        found.status, found.pages = Status.READY, pages
        found.save(update_fields=["attachment", "status", "pages"])
    return found


def fail(model: type[FrozenPrint], print_id: int) -> None:
    """The last attempt failed: say so, so that nobody waits; it may be asked for again."""
    under_way = model._default_manager.filter(pk=print_id, status__in=[Status.QUEUED, Status.RENDERING])
    under_way.update(status=Status.FAILED)


def make(delivery: Delivery, model: type[FrozenPrint], print_id: int, render: Render) -> None:
    """Make one outside any transaction, tell how far it is, keep it once; the file and "done" are one transaction."""
    told_at, pages = 0.0, 0

    def tell(laid_out: int) -> None:
        nonlocal told_at, pages
        pages = laid_out
        if time.monotonic() - told_at >= _TELL_EVERY:
            report_progress(model, print_id, pages)
            delivery.renew()
            told_at = time.monotonic()

    try:
        tell(0)
        pdf = render(model._default_manager.get(pk=print_id), tell)
    except CalledOff:
        return
    except LeaseLost:
        raise  # another worker makes it
    except Exception:
        if delivery.attempts >= ATTEMPTS:
            fail(model, print_id)
        raise
    with delivery.finish():
        store(model, print_id, pdf=pdf, pages=pages)
