"""Who is to sign what, in which order."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.accounts.roles import CHOICES
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.storage.services import read_bytes
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.documents.signers import asked_besides
from signatures.signing import permissions
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import latest_revision, may_countersign

# Forms are in Vietnamese whatever the language of the one who asks.
PRINT_LANGUAGE = "vi"
_ROLE_NAMES = dict(CHOICES)


@transaction.atomic
def open_author_request(*, version: DocumentVersion) -> SigningRequest:
    """The version is rendered: its author is asked to sign first. The request there already, when there is one."""
    with override(PRINT_LANGUAGE):
        reason = _("I wrote this document")
    return _open(version=version, signer=version.author, step=1, reason=reason, by=None)


@transaction.atomic
def request_signature(*, version: DocumentVersion, signer: User, reason: str, by: User) -> SigningRequest:
    """Ask one more person to sign after those asked before (the head of department, a co-author).

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
    if present.filter(signer=signer).exists():
        raise DomainError(
            _("%(name)s was asked to sign already.") % {"name": signer.full_name}, code="asked_already"
        )
    last = present.order_by("-step").values_list("step", flat=True).first() or 0
    return _open(version=version, signer=signer, step=last + 1, reason=reason, by=by)


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


def request_countersignature(*, version: DocumentVersion, signer: User, by: User) -> SigningRequest:
    """Ask a superior to countersign, for the usual reason."""
    with override(PRINT_LANGUAGE):
        reason = _("Reviewed and agreed")
    return request_signature(version=version, signer=signer, reason=reason, by=by)


def _open(
    *, version: DocumentVersion, signer: User, step: int, reason: str, by: User | None
) -> SigningRequest:
    request, is_new = SigningRequest.objects.get_or_create(
        version=version,
        step=step,
        defaults={
            "facility_id": version.facility_id,
            "signer": signer,
            "reason": reason[:200],
            "capacity": capacity(signer, version.document),
        },
    )
    if is_new:
        document = version.document
        record("signing_request.open", by=by, of=request, patient=document.patient, detail={"step": step})
        ask_to_prepare(request)
    return request


def capacity(signer: User, document: Document) -> str:
    """In what capacity the person signs, as printed: the role held in the document's department, and the department."""
    held = [role for role in signer.current_roles if role.department_id == document.department_id]
    roles = held or signer.current_roles
    if not roles:
        return ""
    with override(PRINT_LANGUAGE):
        name = str(_ROLE_NAMES[roles[0].role])
    return f"{name}, {roles[0].department.name}"[:120]


def ask_to_prepare(request: SigningRequest) -> None:
    """Let a worker prepare the bytes; in the transaction of whatever made it necessary."""
    publish(
        "signing_request.preparation_requested",
        order_key=f"document:{request.version.document_id}",
        signing_request_id=request.pk,
    )


def is_fresh(request: SigningRequest, *, revision: int | None) -> bool:
    """Whether what was prepared may still be signed: not too old, and over the newest PDF."""
    return (
        request.status == SigningRequest.Status.READY
        and request.expires_at is not None
        and request.expires_at > now()
        and request.base_revision == revision
    )


@transaction.atomic
def prepare_next_step(*, version_id: int) -> SigningRequest | None:
    """A signature was embedded: the next one's bytes can be prepared. Answers the step, None after the last one."""
    steps = SigningRequest.objects.filter(version_id=version_id).defer("tail").order_by("step")
    following = next((step for step in steps if step.status != SigningRequest.Status.COMPLETED), None)
    if (
        following is not None
        and following.is_open
        and not is_fresh(following, revision=latest_revision(version_id))
    ):
        ask_to_prepare(following)
        return following
    return None


@transaction.atomic
def decline(*, request: SigningRequest, reason: str, by: User) -> SigningRequest:
    """The person won't sign and says why; the author sees it."""
    if not reason.strip():
        raise DomainError(_("Say why you don't sign."), code="reason_missing", field="reason")
    row = SigningRequest.objects.select_for_update().defer("tail").get(pk=request.pk)
    if not row.is_open:
        raise DomainError(_("This document doesn't wait for your signature any more."), code="not_waiting")
    row.status, row.problem = SigningRequest.Status.REFUSED, reason.strip()[:300]
    row.save(update_fields=["status", "problem"])
    record("signing_request.refuse", by=by, of=row, patient=row.version.document.patient)
    publish("signing_request.refused", signing_request_id=row.pk)
    return row


@transaction.atomic
def withdraw_older(*, version: DocumentVersion) -> int:
    """A newer version replaces the document's older ones: nobody is asked to sign those any more. Returns how many."""
    older = SigningRequest.objects.filter(
        version__document_id=version.document_id,
        version__number__lt=version.number,
        status__in=SigningRequest.OPEN,
    )
    return older.update(status=SigningRequest.Status.WITHDRAWN)


@transaction.atomic
def withdraw_all(*, document_id: int) -> int:
    """The document was entered in error: nobody is asked to sign it any more. Returns how many requests that were."""
    waiting = SigningRequest.objects.filter(version__document_id=document_id, status__in=SigningRequest.OPEN)
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
