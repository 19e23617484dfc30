"""Order before the check: pages turned, moved, taken out and put back; where the paper itself lies."""

import datetime as dt
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from encounters.scanning.models import Paper, PaperEvent, ScanBatch, ScannedPage
from encounters.scanning.services.filing import note, number_pages

Verb = PaperEvent.Verb


class Action(StrEnum):
    """What can be done to a page of an open paper."""

    ROTATE = "rotate"
    UP = "up"
    DOWN = "down"
    REMOVE = "remove"
    RESTORE = "restore"
    UNFILE = "unfile"


def locked_paper(paper: Paper) -> Paper:
    """The paper, locked, with what its verbs need."""
    return (
        Paper.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "encounter")
        .get(pk=paper.pk)
    )


@transaction.atomic
def arrange(*, page: ScannedPage, action: Action, by: User) -> Paper:
    """Turn, move, take out, put back, or send one page back to the unfiled ones.

    What is there already stays (a page taken out twice is out). Raises Conflict closed once the paper was accepted.
    """
    if page.paper is None:
        raise Conflict(_("Somebody took this page away meanwhile."), code="unfiled")
    paper = locked_paper(page.paper)
    if not paper.is_open:
        raise Conflict(_("This paper was accepted: its pages stay as they are."), code="closed")
    row = ScannedPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if row.paper_id != paper.pk:
        return paper
    verb = _act(row, paper, action, by)
    if verb is not None:
        note(paper, verb, by=by, page=row)
        record("paper.arrange", by=by, of=paper, detail={"page": str(row.uuid), "action": action.value})
    return paper


def _act(row: ScannedPage, paper: Paper, action: Action, by: User) -> PaperEvent.Verb | None:
    if action == Action.ROTATE:
        row.rotation = (row.rotation + 90) % 360
        row.save(update_fields=["rotation"])
        return Verb.ROTATE
    held = list(paper.pages.filter(removed_at=None).order_by("place", "pk"))
    if action == Action.RESTORE:
        return _put_back(row, held)
    if row not in held:
        return None
    if action in {Action.UP, Action.DOWN}:
        return _move(held, held.index(row), -1 if action == Action.UP else 1)
    if action == Action.UNFILE:
        row.paper, row.place, row.patient = None, 0, None
        row.save(update_fields=["paper", "place", "patient"])
    else:
        row.removed_at, row.removed_by = now(), by
        row.save(update_fields=["removed_at", "removed_by"])
    number_pages([other for other in held if other.pk != row.pk])
    return Verb.UNFILE if action == Action.UNFILE else Verb.REMOVE


def _put_back(row: ScannedPage, held: list[ScannedPage]) -> PaperEvent.Verb | None:
    if row.removed_at is None:
        return None
    row.removed_at, row.removed_by = None, None
    row.save(update_fields=["removed_at", "removed_by"])
    held.insert(min(max(row.place - 1, 0), len(held)), row)
    number_pages(held)
    return Verb.RESTORE


def _move(held: list[ScannedPage], index: int, step: int) -> PaperEvent.Verb | None:
    other = index + step
    if not 0 <= other < len(held):
        return None
    held[index], held[other] = held[other], held[index]
    number_pages(held)
    return Verb.MOVE


@transaction.atomic
def describe(*, paper: Paper, day: dt.date | None, shelf: str, by: User) -> Paper:
    """Note of which day the paper is and where it lies (shelf, box); the shelf may be noted at any time.

    Raises DomainError future_day.
    """
    row = locked_paper(paper)
    if day is not None and day > local_today():
        raise DomainError(_("The day lies in the future."), code="future_day", field="day")
    kept = tidy(shelf)[:80]
    wanted_day = day if row.is_open else row.day
    if (row.day, row.shelf) == (wanted_day, kept):
        return row
    row.day, row.shelf = wanted_day, kept
    row.save(update_fields=["day", "shelf"])
    note(row, Verb.DESCRIBE, by=by)
    record("paper.describe", by=by, of=row)
    return row


@transaction.atomic
def set_aside(*, page: ScannedPage, by: User) -> None:
    """Take a page that isn't filed out of the list: a page scanned twice, an envelope. The file as sent keeps it."""
    row = ScannedPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if row.paper_id is not None:
        raise Conflict(_("Somebody filed this page meanwhile."), code="filed")
    if row.removed_at is None:
        row.removed_at, row.removed_by = now(), by
        row.save(update_fields=["removed_at", "removed_by"])
        record("scanned_page.set_aside", by=by, of=row)


@transaction.atomic
def restore_blank(*, batch: ScanBatch, by: User) -> int:
    """Put the pages back that were dropped as blank or set aside; returns how many."""
    rows = ScannedPage.objects.select_for_update(of=("self",)).filter(
        batch=batch, paper=None, removed_at__isnull=False
    )
    count = 0
    for row in rows:
        row.removed_at, row.removed_by, row.is_blank = None, None, False
        row.save(update_fields=["removed_at", "removed_by", "is_blank"])
        count += 1
    if count:
        record("scan.restore", by=by, of=batch, detail={"count": count})
    return count
