"""A second person looks: accepts, returns with a reason; takes back what was filed wrongly."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from emr.outbox import publish
from encounters.scanning.models import Paper, PaperEvent
from encounters.scanning.selectors import hands_of
from encounters.scanning.services.arranging import locked_paper
from encounters.scanning.services.filing import note

Status, Verb = Paper.Status, PaperEvent.Verb


def _demand_reason(reason: str) -> str:
    kept = tidy(reason)[:200]
    if not kept:
        raise DomainError(_("Say why."), code="no_reason", field="reason")
    return kept


def _demand_another(paper: Paper, by: User) -> None:
    if by.pk in hands_of(paper):
        raise DomainError(
            _("Who brought pages in or arranged them doesn't check them. Let somebody else look."), code="own"
        )


@transaction.atomic
def accept(*, paper: Paper, revision: int, by: User) -> Paper:
    """Accept exactly what was looked at; a worker makes the PDF/A and the facility's seal is put on it.

    Accepted already by the same person it stays. Raises DomainError own, no_pages; Conflict changed, not_waiting.
    """
    row = locked_paper(paper)
    if row.status in {Status.ACCEPTED, Status.SEALED} and row.checked_by_id == by.pk:
        return row
    if row.status != Status.TO_CHECK:
        raise Conflict(_("This paper doesn't wait to be checked."), code="not_waiting")
    _demand_another(row, by)
    if row.revision != revision:
        raise Conflict(_("Its pages were changed while you looked. Look again."), code="changed")
    if not row.pages.filter(removed_at=None).exists():
        raise DomainError(_("No page is left in this paper."), code="no_pages")
    row.status, row.checked_by, row.checked_at, row.reason = Status.ACCEPTED, by, now(), ""
    row.save(update_fields=["status", "checked_by", "checked_at", "reason"])
    note(row, Verb.ACCEPT, by=by)
    record("paper.accept", by=by, of=row)
    publish("paper.accepted", order_key=f"paper:{row.pk}", paper_id=row.pk)
    return row


@transaction.atomic
def send_back(*, paper: Paper, reason: str, by: User) -> Paper:
    """Return it to who brought it in. Raises DomainError own, no_reason; Conflict not_waiting."""
    row = locked_paper(paper)
    kept = _demand_reason(reason)
    if row.status == Status.RETURNED and row.reason == kept:
        return row
    if row.status != Status.TO_CHECK:
        raise Conflict(_("This paper doesn't wait to be checked."), code="not_waiting")
    _demand_another(row, by)
    row.status, row.reason = Status.RETURNED, kept
    row.save(update_fields=["status", "reason"])
    note(row, Verb.RETURN, by=by, reason=kept)
    record("paper.send_back", by=by, of=row)
    return row


@transaction.atomic
def hand_in(*, paper: Paper, by: User) -> Paper:
    """Hand it in again once what was wrong is mended. Raises Conflict not_returned."""
    row = locked_paper(paper)
    if row.status == Status.TO_CHECK:
        return row
    if row.status != Status.RETURNED:
        raise Conflict(_("This paper wasn't returned."), code="not_returned")
    row.status, row.reason = Status.TO_CHECK, ""
    row.save(update_fields=["status", "reason"])
    note(row, Verb.HAND_IN, by=by)
    record("paper.hand_in", by=by, of=row)
    return row


@transaction.atomic
def enter_in_error(*, paper: Paper, reason: str, by: User) -> Paper:
    """It doesn't belong here: it counts no more, and stays to be seen with the reason. Raises DomainError no_reason."""
    row = locked_paper(paper)
    kept = _demand_reason(reason)
    if row.status == Status.ENTERED_IN_ERROR:
        return row
    was_sealed = row.status == Status.SEALED
    row.status, row.reason = Status.ENTERED_IN_ERROR, kept
    row.save(update_fields=["status", "reason"])
    note(row, Verb.ERROR, by=by, reason=kept)
    record("paper.enter_in_error", by=by, of=row, detail={"sealed": was_sealed})
    return row
