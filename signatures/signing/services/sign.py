"""The person's own act: one PIN, one signature value for each document shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.access import Denied
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.arming import demand_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from emr.staff.selectors.practice import demand_practice
from encounters.documents.models import Document
from signatures.certificates.checks import check_person, check_usable
from signatures.certificates.models import Certificate
from signatures.certificates.selectors import last_certificate_of
from signatures.providers.agent import Answer
from signatures.providers.base import Pin, ProviderDown
from signatures.providers.house import price_of
from signatures.providers.services import is_by, unlocked
from signatures.signing import cms
from signatures.signing.delegations import is_in_force
from signatures.signing.models import Signature, SigningRequest
from signatures.signing.selectors import latest_revision, may_countersign
from signatures.signing.services.requests import ask_to_prepare, is_fresh


@dataclass(frozen=True)
class Outcome:
    """What became of one document of a batch: signed, or why not."""

    request: SigningRequest
    problem: str = ""
    code: str = ""

    @property
    def is_signed(self) -> bool:
        """Whether the signature value is stored."""
        return not self.problem


def sign_requests(
    *,
    shown: Mapping[UUID, str],
    pin: Pin | None,
    by: User,
    code: Pin | None = None,
    answer: Answer | None = None,
) -> list[Outcome]:
    """Sign each request over exactly the bytes that were shown; one PIN opens the key for all of them.

    `code` is the one-time code of a key at a remote authority that asks for one; such a key may need no PIN.
    `answer` is what the agent of the person's PC has signed of `digests_for`; what it hasn't keeps waiting, with its reason.

    `shown` gives the SHA-256 (hexadecimal) of the bytes each page showed. A document that can't be signed now doesn't
    hold the others up. Another person's request refuses the whole (Denied). PinRefused and DomainError (certificate,
    key away, its keeper refuses) sign nothing; the caller lets the transaction commit, since a wrong PIN is counted in it.
    """
    certificate, outcomes = _check_shown(shown, by)
    if answer is not None:
        outcomes = [_answered(outcome, answer, certificate, by) for outcome in outcomes]
    fit = [outcome.request for outcome in outcomes if outcome.is_signed]
    if fit:
        try:
            _sign_all(fit, certificate=certificate, pin=pin, code=code, answer=answer, by=by)
        except ProviderDown:
            raise DomainError(
                _("The signing key can't be reached. The documents keep waiting; try again later."),
                code="provider_down",
            ) from None
    return outcomes


@transaction.atomic
def digests_for(*, shown: Mapping[UUID, str], by: User) -> list[tuple[UUID, bytes]]:
    """[(request, digest)] of those that may be signed now, for a token that only the person's own PC reaches.

    Nothing is kept: the same digests come out of the same frozen bytes when the values come. Raises as `sign_requests`.
    """
    certificate, outcomes = _check_shown(shown, by)
    fit = [outcome.request for outcome in outcomes if outcome.is_signed]
    return [(request.uuid, cms.digest_of(_attributes(request, certificate))) for request in fit]


def _check_shown(shown: Mapping[UUID, str], by: User) -> tuple[Certificate, list[Outcome]]:
    """The person's certificate, and which of the requests, locked, it may sign as they were shown."""
    demand_armed()
    requests = lock_requests(shown, by)
    certificate = last_certificate_of(by)
    if certificate is None:
        raise DomainError(_("You have no signing certificate."), code="no_certificate")
    check_usable(certificate, at=now())
    check_person(certificate.parsed, by)
    demand_practice(by)
    return certificate, check_all(requests, shown, certificate)


def _attributes(request: SigningRequest, certificate: Certificate) -> bytes:
    return cms.signed_attributes(bytes.fromhex(request.digest), certificate.der)


def _answered(outcome: Outcome, answer: Answer, certificate: Certificate, by: User) -> Outcome:
    """One that the agent hasn't signed, or not with this key over these bytes, isn't signed and says why."""
    if not outcome.is_signed:
        return outcome
    request, value = outcome.request, answer.values.get(outcome.request.uuid)
    if value is None:
        return Outcome(request, answer.in_words, "no_value")
    if is_by(certificate.parsed, cms.digest_of(_attributes(request, certificate)), value):
        return outcome
    record("signing_key.refuse", by=by, of=request, outcome="denied", detail={"reason": "foreign_value"})
    return Outcome(
        request,
        _("What this PC's program gave isn't your signature over this document. Nothing was signed."),
        "foreign_value",
    )


def _sign_all(
    requests: Sequence[SigningRequest],
    *,
    certificate: Certificate,
    pin: Pin | None,
    code: Pin | None,
    answer: Answer | None,
    by: User,
) -> None:
    """All values are there before the first row is written: a keeper that fails half-way leaves nothing half done."""
    attributes = [_attributes(request, certificate) for request in requests]
    digests = [cms.digest_of(one) for one in attributes]
    given = (
        {}
        if answer is None
        else {digest: answer.values[request.uuid] for request, digest in zip(requests, digests, strict=True)}
    )
    with unlocked(certificate, pin, code=code, digests=digests, values=given) as key:
        values = key.sign_digests(digests)
    credential = certificate.credential
    cost = price_of(credential.service, credential.provider)
    for request, signed, value in zip(requests, attributes, values, strict=True):
        keep_signature(request, certificate=certificate, attributes=signed, value=value, cost=cost, by=by)


def lock_requests(shown: Mapping[UUID, str], by: User) -> list[SigningRequest]:
    """The requests, locked in one order so that two batches never wait for each other, with all others of their versions:
    of those who may sign in any order, one comes after another. Raises Denied for another person's.
    """
    versions = SigningRequest.objects.filter(uuid__in=shown).values("version")
    rows = SigningRequest.objects.filter(version__in=versions).select_related(
        "version__document__patient", "version__document__department", "delegation", "facility"
    )
    locked = list(rows.select_for_update(of=("self",)).defer("tail", "version__composition").order_by("pk"))
    requests = [request for request in locked if request.uuid in shown]
    foreign = next((request for request in requests if request.signer_id != by.pk), None)
    if foreign is not None or len(requests) != len(shown):
        patient_id = foreign.version.document.patient_id if foreign is not None else None
        raise Denied("signing_request.sign", entity=foreign, patient_id=patient_id)
    for request in requests:
        document = request.version.document
        if document.author_id != by.pk and not may_countersign(by, document):
            raise Denied("signing_request.sign", entity=request, patient_id=document.patient_id)
    return requests


def check_all(
    requests: Sequence[SigningRequest],
    shown: Mapping[UUID, str],
    certificate: Certificate,
    *,
    seal: bool = False,
) -> list[Outcome]:
    """Whether each may be signed as it was shown; of several on one document the first alone: the next covers it."""
    taken = set(
        SigningRequest.objects.filter(
            version__in=[request.version_id for request in requests], status=SigningRequest.Status.SIGNED
        ).values_list("version", flat=True)
    )
    outcomes = []
    for request in requests:
        outcome = _check(request, shown[request.uuid], certificate, seal=seal)
        if outcome.is_signed and request.version_id in taken:
            message = _("Another signature is just being put into it; it is prepared again in a moment.")
            outcome = Outcome(request, message, "stale")
        elif outcome.is_signed:
            taken.add(request.version_id)
        outcomes.append(outcome)
    return outcomes


def _check(request: SigningRequest, shown: str, certificate: Certificate, *, seal: bool) -> Outcome:
    """Whether this document may be signed as it was shown (S-50)."""
    if refused := _not_to_be_signed(request, seal=seal):
        return refused
    is_current = is_fresh(request, revision=latest_revision(request.version_id))
    if not is_current or request.certificate_id != certificate.pk:
        ask_to_prepare(request)
        return Outcome(request, _("It is being prepared again; look at it and sign it in a moment."), "stale")
    if shown.lower() != request.sha256:
        return Outcome(
            request, _("What you were shown isn't what would be signed. Open the document again."), "swapped"
        )
    return Outcome(request)


def _not_to_be_signed(request: SigningRequest, *, seal: bool) -> Outcome | None:
    """Why nobody may sign it so, whatever bytes were shown; None: it may be."""
    document = request.version.document
    if not request.is_open:
        return Outcome(request, _("It doesn't wait for your signature any more."), "not_waiting")
    if (
        document.current_version_id != request.version_id
        or document.status == Document.Status.ENTERED_IN_ERROR
    ):
        return Outcome(request, _("The document was changed after it was sent for signing."), "not_current")
    if request.is_seal is not seal:
        return Outcome(request, _("The facility's seal is put on by its keeper, apart."), "seal")
    if request.delegation is not None and not is_in_force(request.delegation):
        return Outcome(request, _("You don't sign for this person any more."), "delegation_over")
    if request.status == SigningRequest.Status.FAILED:
        return Outcome(request, _(request.problem), "failed")
    return None


def keep_signature(
    request: SigningRequest, *, certificate: Certificate, attributes: bytes, value: bytes, cost: int, by: User
) -> None:
    """Store the value; nobody else is asked in the same place any more."""
    signature = Signature.objects.create(
        facility_id=request.facility_id,
        request=request,
        certificate=certificate,
        signed_attributes=attributes,
        value=value,
        signed_at=now(),
        cost=cost,
    )
    request.status = SigningRequest.Status.SIGNED
    request.save(update_fields=["status"])
    if request.slot is not None:
        others = SigningRequest.objects.filter(version=request.version_id, slot=request.slot)
        others.filter(status__in=SigningRequest.OPEN).update(status=SigningRequest.Status.WITHDRAWN)
    record(
        "document.sign",
        by=by,
        of=signature,
        patient=request.version.document.patient,
        detail={
            "request": str(request.uuid),
            "sha256": request.sha256,
            "certificate": certificate.fingerprint,
            **({"for": request.on_behalf_of_id} if request.on_behalf_of_id else {}),
        },
    )
    publish(
        "signature.created",
        order_key=f"document:{request.version.document_id}",
        signing_request_id=request.pk,
    )
