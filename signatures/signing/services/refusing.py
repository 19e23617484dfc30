"""A document goes back to its author with a reason; the author mends it, or answers and asks again."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from encounters.documents.models import Document, DocumentVersion
from signatures.signing import telling
from signatures.signing.models import SigningRequest
from signatures.signing.services.requests import next_turn, open_request

_REFUSED, _WITHDRAWN = SigningRequest.Status.REFUSED, SigningRequest.Status.WITHDRAWN


@transaction.atomic
def decline(*, request: SigningRequest, reason: str, by: User) -> SigningRequest:
    """The person won't sign and says why: the document goes back to its author, who is told; nobody else is asked meanwhile.

    Signatures that it carries already stay.
    """
    if not reason.strip():
        raise DomainError(_("Say why you don't sign."), code="reason_missing", field="reason")
    rows = SigningRequest.objects.select_for_update(of=("self",)).filter(version=request.version_id)
    rows = rows.select_related("version__document__patient", "version__author", "facility")
    locked = {row.pk: row for row in rows.defer("tail", "version__composition").order_by("pk")}
    row = locked[request.pk]
    if not row.is_open:
        raise DomainError(_("This document doesn't wait for your signature any more."), code="not_waiting")
    row.status, row.problem = _REFUSED, reason.strip()[:300]
    row.save(update_fields=["status", "problem"])
    others = [pk for pk, other in locked.items() if other.is_open]
    SigningRequest.objects.filter(pk__in=others).update(status=_WITHDRAWN)
    record("signing_request.refuse", by=by, of=row, patient=row.version.document.patient)
    publish("signing_request.refused", signing_request_id=row.pk)
    if row.version.author_id != by.pk:
        telling.tell_of_refusal(row, by=by)
    return row


@transaction.atomic
def ask_again(*, document: Document, answer: str, by: User) -> list[SigningRequest]:
    """The author answers a refusal without changing the document: whoever refused, and those who were to sign with or after
    them, are asked anew and read the answer. Only the author may; raises DomainError by `code`: not_author, nothing_refused,
    no_answer.
    """
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if document.current_version_id is None:
        raise DomainError(_("Nobody has refused to sign this version."), code="nothing_refused")
    version = DocumentVersion.objects.select_related(
        "document__patient", "document__department", "author"
    ).get(pk=document.current_version_id)
    if version.author_id != by.pk:
        raise DomainError(_("Its author asks again."), code="not_author")
    if not answer.strip():
        raise DomainError(_("Say what speaks against the refusal."), code="no_answer", field="answer")
    rows = list(
        SigningRequest.objects.select_for_update(of=("self",))
        .select_related("signer", "on_behalf_of", "facility")
        .filter(version=version)
        .defer("tail")
        .order_by("turn", "step")
    )
    refused = [row for row in rows if row.status == _REFUSED and row.settled_at is None]
    if document.is_closed or not refused:
        raise DomainError(_("Nobody has refused to sign this version."), code="nothing_refused")
    for row in refused:
        row.settled_at, row.answer = now(), answer.strip()[:300]
        row.save(update_fields=["settled_at", "answer"])
        telling.forget_refusal(row)
    asked = _reopen(version, rows, refused, by)
    record("document.ask_again", by=by, of=document, detail={"requests": len(asked)})
    return asked


def _reopen(
    version: DocumentVersion, rows: list[SigningRequest], refused: list[SigningRequest], by: User
) -> list[SigningRequest]:
    """New requests in the old ones' turns, in their order; who has signed meanwhile, or was replaced, isn't asked."""
    first = min(row.turn for row in refused)
    dropped = [row for row in rows if row in refused or (row.status == _WITHDRAWN and row.turn >= first)]
    done = [
        row for row in rows if row.status in {SigningRequest.Status.SIGNED, SigningRequest.Status.COMPLETED}
    ]
    slots, people = {row.slot for row in done if row.slot is not None}, {row.principal_id for row in done}
    turns: dict[int, int] = {}
    new_slots: dict[int, int] = {}
    opened: list[SigningRequest] = []
    for row in dropped:
        if row.slot in slots or row.principal_id in people:
            continue
        people.add(row.principal_id)
        turn = turns.setdefault(row.turn, next_turn(version))
        request = open_request(
            version=version,
            signer=row.on_behalf_of or row.signer,
            reason=row.reason,
            by=by,
            turn=turn,
            chain_position=row.chain_position,
            is_seal=row.is_seal,
            slot=new_slots.get(row.slot) if row.slot is not None else None,
        )
        if row.slot is not None and row.slot not in new_slots:
            new_slots[row.slot] = request.step
            request.slot = request.step
            request.save(update_fields=["slot"])
        opened.append(request)
    return opened
