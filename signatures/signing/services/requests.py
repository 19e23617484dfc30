"""Who is to sign what, in which order."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.accounts.roles import label_of
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.storage.services import read_bytes
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.documents.signers import asked_besides
from signatures.signing import delegations, permissions, telling
from signatures.signing.models import Delegation, SigningRequest
from signatures.signing.selectors import BLOCKS, may_countersign

# Forms are in Vietnamese whatever the language of the one who asks.
PRINT_LANGUAGE = "vi"
_DONE = SigningRequest.Status.COMPLETED


@transaction.atomic
def open_author_request(*, version: DocumentVersion) -> SigningRequest:
    """The version is rendered: its author is asked to sign first. The request there already, when there is one."""
    with override(PRINT_LANGUAGE):
        reason = _("I wrote this document")
    return _open(version=version, signer=version.author, step=1, reason=reason, by=None)


@transaction.atomic
def request_signature(
    *, version: DocumentVersion, signer: User, reason: str, by: User, turn: int | None = None
) -> SigningRequest:
    """Ask one more person to sign after those asked before (the head of department, a co-author), or in one `turn`.

    Refuses somebody without the right to sign, asked twice, or of another facility.
    """
    document = Document.objects.select_for_update().get(pk=version.document_id)
    if document.current_version_id != version.pk or document.status == Document.Status.ENTERED_IN_ERROR:
        raise DomainError(_("Only the current version of a document can be signed."), code="not_current")
    if signer.facility_id != version.facility_id or not signer.has_right(permissions.SIGN):
        raise DomainError(
            _("%(name)s may not sign documents.") % {"name": signer.full_name}, code="may_not_sign"
        )
    if not may_countersign(signer, document):
        raise DomainError(
            _("%(name)s doesn't reach this patient's chart.") % {"name": signer.full_name},
            code="out_of_reach",
        )
    present = SigningRequest.objects.filter(version=version)
    # Whoever refused, or isn't asked any more, may be asked again.
    if present.filter(BLOCKS | Q(status=_DONE), Q(signer=signer) | Q(on_behalf_of=signer)).exists():
        raise DomainError(
            _("%(name)s was asked to sign already.") % {"name": signer.full_name}, code="asked_already"
        )
    return open_request(version=version, signer=signer, reason=reason, by=by, turn=turn)


@transaction.atomic
def request_together(*, version: DocumentVersion, signers: Sequence[User], by: User) -> list[SigningRequest]:
    """Ask several people to countersign in any order, after those asked before: the members of a consultation."""
    Document.objects.select_for_update(of=("self",)).get(pk=version.document_id)
    turn = next_turn(version)
    telling.forget_missing(version)
    return [request_countersignature(version=version, signer=one, by=by, turn=turn) for one in signers]


@transaction.atomic
def open_further_requests(*, version: DocumentVersion) -> list[SigningRequest]:
    """Put the version before those whom its form names after the author; whoever may not sign it (any more) is left out.

    Asked twice, each is asked once. Answers the requests that were opened.
    """
    asked = set(SigningRequest.objects.filter(version=version).values_list("signer__uuid", flat=True))
    opened = []
    for uuid in asked_besides(version.composition):
        signer = User.objects.filter(facility_id=version.facility_id, uuid=uuid, is_active=True).first()
        if signer is None or uuid in asked:
            continue
        try:
            with transaction.atomic():
                opened.append(request_countersignature(version=version, signer=signer, by=version.author))
        except DomainError as refusal:
            # The place stays on the paper; the author asks somebody else by hand.
            detail = {"name": signer.full_name, "reason": refusal.code}
            record("signing_request.not_asked", by=version.author, of=version.document, detail=detail)
    return opened


def request_countersignature(
    *, version: DocumentVersion, signer: User, by: User, turn: int | None = None
) -> SigningRequest:
    """Ask a superior to countersign, for the usual reason."""
    return request_signature(version=version, signer=signer, reason=agreed(), by=by, turn=turn)


def agreed() -> str:
    """Why somebody countersigns, as printed."""
    with override(PRINT_LANGUAGE):
        return _("Reviewed and agreed")


def sealed() -> str:
    """Why the facility's seal is put on, as printed."""
    with override(PRINT_LANGUAGE):
        return _("Under the facility's seal")


def next_turn(version: DocumentVersion) -> int:
    """The turn after all that were asked."""
    found = SigningRequest.objects.filter(version=version).aggregate(last=Max("turn"))
    return (found["last"] or 0) + 1


def open_request(
    *,
    version: DocumentVersion,
    signer: User,
    reason: str,
    by: User | None,
    turn: int | None = None,
    **more: Any,
) -> SigningRequest:
    """Put the version before somebody, or before whom signs for them today. `more`: further fields of the request.

    The caller holds the document's lock, so that numbers and turns come one after another.
    """
    last = SigningRequest.objects.filter(version=version).aggregate(last=Max("step"))["last"] or 0
    return _open(
        version=version,
        signer=signer,
        step=last + 1,
        reason=reason,
        by=by,
        turn=turn if turn is not None else next_turn(version),
        **more,
    )


def _open(
    *,
    version: DocumentVersion,
    signer: User,
    step: int,
    reason: str,
    by: User | None,
    turn: int = 1,
    **more: Any,
) -> SigningRequest:
    given = None if more.get("is_seal") else _stand_in(signer, version)
    holder = given.delegate if given is not None else signer
    request, is_new = SigningRequest.objects.get_or_create(
        version=version,
        step=step,
        defaults={
            "facility_id": version.facility_id,
            "turn": turn,
            "signer": holder,
            "on_behalf_of": signer if given is not None else None,
            "delegation": given,
            "reason": reason[:200],
            "capacity": capacity_for(
                holder, version.document, given, part=part_in(version, step, more.get("chain_position"))
            ),
            "waiting_since": None if _waits_for_others(version, turn) else now(),
            **more,
        },
    )
    if is_new:
        document = version.document
        record("signing_request.open", by=by, of=request, patient=document.patient, detail={"step": step})
        ask_to_prepare(request)
    return request


def _waits_for_others(version: DocumentVersion, turn: int) -> bool:
    return SigningRequest.objects.filter(BLOCKS, version=version, turn__lt=turn).exists()


def _stand_in(principal: User, version: DocumentVersion) -> Delegation | None:
    """By which delegation somebody signs this for the person today: never its author, nobody twice, nobody out of reach."""
    given = delegations.stand_in(principal) if principal.pk != version.author_id else None
    if given is None:
        return None
    delegate = given.delegate
    asked = SigningRequest.objects.filter(BLOCKS | Q(status=_DONE), version=version)
    if (
        version.author_id == delegate.pk
        or asked.filter(Q(signer=delegate) | Q(on_behalf_of=delegate)).exists()
    ):
        return None
    is_able = delegate.has_right(permissions.SIGN) and may_countersign(delegate, version.document)
    return given if is_able else None


def capacity_for(signer: User, document: Document, given: Delegation | None, *, part: str = "") -> str:
    """In what capacity somebody signs, as printed: one's own, or "KT. Trưởng khoa, Khoa Nội (Bác sĩ, Khoa Nội)"; with a
    `part` that before it: "Thành viên kíp mổ: Bác sĩ, Khoa Ngoại".
    """
    own = capacity(signer, document)
    said = own if given is None else f"{given.manner} {capacity(given.principal, document)} ({own})"
    return (f"{part}: {said}" if part else said)[:200]


def part_in(version: DocumentVersion, step: int, chain_position: int | None) -> str:
    """As what whoever the author asks by hand signs a form that keeps places for members (a safety checklist); else ""."""
    if step == 1 or chain_position is not None:
        return ""
    places = version.composition.get("signers", [])
    return next((place["role"].capitalize() for place in places if place.get("of") == "member"), "")


def capacity(signer: User, document: Document) -> str:
    """In what capacity the person signs, as printed: the role held in the document's department, and the department."""
    held = [role for role in signer.current_roles if role.department_id == document.department_id]
    roles = held or signer.current_roles
    if not roles:
        return ""
    with override(PRINT_LANGUAGE):
        name = str(label_of(roles[0].role))
    return f"{name}, {roles[0].department.name}"[:120]


def ask_to_prepare(request: SigningRequest) -> None:
    """Let a worker prepare the bytes; in the transaction of whatever made it necessary."""
    publish(
        "signing_request.preparation_requested",
        order_key=f"document:{request.version.document_id}",
        signing_request_id=request.pk,
    )


@transaction.atomic
def try_again(request: SigningRequest) -> None:
    """Prepare anew what couldn't be prepared; meanwhile it counts as being prepared."""
    row = SigningRequest.objects.select_for_update(of=("self",)).defer("tail").get(pk=request.pk)
    if row.status != SigningRequest.Status.FAILED:
        return
    row.status, row.problem = SigningRequest.Status.PENDING, ""
    row.save(update_fields=["status", "problem"])
    ask_to_prepare(row)


def is_fresh(request: SigningRequest, *, revision: int | None) -> bool:
    """Whether what was prepared may still be signed: not too old, and over the newest PDF."""
    return (
        request.status == SigningRequest.Status.READY
        and request.expires_at is not None
        and request.expires_at > now()
        and request.base_revision == revision
    )


@transaction.atomic
def withdraw_older(*, version: DocumentVersion) -> int:
    """A newer version replaces the document's older ones: nobody is asked to sign those any more. Returns how many."""
    older = SigningRequest.objects.filter(
        version__document_id=version.document_id, version__number__lt=version.number
    )
    return _withdraw(older)


@transaction.atomic
def withdraw_all(*, document_id: int) -> int:
    """The document was entered in error: nobody is asked to sign it any more. Returns how many requests that were."""
    return _withdraw(SigningRequest.objects.filter(version__document_id=document_id))


def _withdraw(requests: QuerySet[SigningRequest]) -> int:
    for refused in (
        requests.filter(status=SigningRequest.Status.REFUSED).select_related("facility").defer("tail")
    ):
        telling.forget_refusal(refused)
    waiting = requests.filter(status__in=SigningRequest.OPEN)
    return waiting.update(status=SigningRequest.Status.WITHDRAWN)


def shown_bytes(request: SigningRequest) -> bytes:
    """Exactly the bytes whose digest will be signed. Raises DomainError while there are none."""
    base = DocumentBytes.objects.select_related("attachment__key").filter(
        version_id=request.version_id, revision=request.base_revision or 0
    )
    stored = base.first() if request.tail is not None else None
    if stored is None or request.tail is None:
        raise DomainError(_("The document is being prepared."), code="not_ready")
    return read_bytes(stored.attachment) + bytes(request.tail)
