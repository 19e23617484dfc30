"""Asking outside the page: a code to a telephone, a service that signs, a reader. `confirm` is the second half."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import Delivery, Later, publish
from encounters.consents.models import Confirmation, ConfirmationChallenge
from encounters.consents.official import allowed_ways
from encounters.consents.ways import Asked, Away, Proof, Refused, adapter_of
from encounters.documents.models import Document, DocumentBytes

LIVES = dt.timedelta(minutes=10)
PAUSE = dt.timedelta(seconds=60)
A_DAY, TRIES, ATTEMPTS = 6, 5, 4


def shown_bytes(document: Document, sha256: str) -> DocumentBytes:
    """The PDF of the document's present version that has this digest: what the page drew. Raises Conflict."""
    shown = DocumentBytes.objects.filter(
        version_id=document.current_version_id, sha256=sha256.strip().lower()
    ).first()
    if shown is None or document.is_closed:
        raise Conflict(
            _("The document was changed after it was shown. Open it again and let it be read anew."),
            code="swapped",
        )
    return shown


def asked_of(challenge: ConfirmationChallenge) -> Asked:
    """What the other side is told, or was."""
    return Asked(
        id=challenge.uuid,
        facility_id=challenge.facility_id,
        facility=challenge.facility.name,
        sha256=challenge.sha256,
        address=challenge.address,
        reference=challenge.reference,
        minutes=int(LIVES.total_seconds() // 60),
    )


@transaction.atomic
def ask_outside(
    *, document: Document, provider: str, sha256: str, address: str, by: User
) -> ConfirmationChallenge:
    """Have the patient, or who stands for them, asked elsewhere to confirm exactly these bytes.

    Raises DomainError by `code`: not_set_up, not_allowed (this form asks for more), bad_address, too_soon (one a minute),
    too_many (six a day for a version), confirmed_already; Conflict swapped.
    """
    document = Document.objects.select_for_update(of=("self",)).select_related("facility").get(pk=document.pk)
    adapter = adapter_of(provider)
    if adapter is None or not adapter.is_set_up(document.facility_id):
        raise DomainError(_("This way isn't set up in this hospital."), code="not_set_up", field="way")
    if adapter.way not in allowed_ways(document.facility_id, document.code):
        raise DomainError(_("This form asks for a stronger confirmation."), code="not_allowed", field="way")
    shown = shown_bytes(document, sha256)
    if Confirmation.objects.filter(version_id=shown.version_id).exists():
        raise Conflict(_("This version is confirmed already."), code="confirmed_already")
    kept = ""
    if adapter.address_label:
        try:
            kept = adapter.tidy_address(address)
        except Refused:
            raise DomainError(
                _("This is no telephone number or number of a person. Check what you typed."),
                code="bad_address",
                field="address",
            ) from None
    moment = now()
    before = ConfirmationChallenge.objects.filter(version_id=shown.version_id, provider=provider)
    if before.filter(asked_at__gt=moment - PAUSE, problem="").exists():
        raise DomainError(_("It was asked a moment ago: wait a minute before the next."), code="too_soon")
    if before.filter(asked_at__gt=moment - dt.timedelta(days=1)).count() >= A_DAY:
        raise DomainError(_("It was asked too often today. Choose another way."), code="too_many")
    challenge = ConfirmationChallenge.objects.create(
        facility_id=document.facility_id,
        version_id=shown.version_id,
        provider=provider,
        sha256=shown.sha256,
        address=kept[:60],
        asked_by=by,
        asked_at=moment,
        expires_at=moment + LIVES,
    )
    record("consent.request", by=by, of=challenge, patient=document.patient, detail={"provider": provider})
    publish("confirmation_challenge.owed", challenge_id=challenge.pk)
    return challenge


def send_challenge(*, challenge_id: int, owed: Delivery) -> None:
    """Tell the other side, in a worker; one that has run out or was answered is told nowhere."""
    challenge = ConfirmationChallenge.objects.select_related("facility").get(pk=challenge_id)
    adapter, problem, reference = adapter_of(challenge.provider), "", ""
    if challenge.expires_at <= now() or challenge.used_at is not None:
        problem = "expired"
    elif adapter is None or not adapter.is_set_up(challenge.facility_id):
        problem = "not_set_up"
    else:
        try:
            reference = adapter.ask(asked_of(challenge))
        except Refused as refusal:
            problem = refusal.code
        except Away:
            if owed.attempts < ATTEMPTS:
                raise Later("the other side is away") from None
            problem = "unreachable"
    with owed.finish():
        row = ConfirmationChallenge.objects.select_for_update(of=("self",)).get(pk=challenge_id)
        row.problem, row.reference = problem[:20], reference[:120]
        row.sent_at = None if problem else now()
        row.save(update_fields=["problem", "reference", "sent_at"])
        detail = {"provider": row.provider} | ({"problem": problem} if problem else {})
        record("consent.send", of=row, outcome="failure" if problem else "success", detail=detail)


def try_answer(
    *, challenge: ConfirmationChallenge, answer: Mapping[str, str], by: User
) -> Proof | DomainError | None:
    """What the other side vouches for; a refusal in words; None while nobody has answered there.

    A wrong answer is counted, and stays counted whatever becomes of the rest of the request: so it is returned, not raised.
    """
    with transaction.atomic():
        row = (
            ConfirmationChallenge.objects.select_for_update(of=("self",))
            .select_related("facility", "version__document__patient")
            .get(pk=challenge.pk)
        )
        adapter = adapter_of(row.provider)
        if adapter is None:
            return DomainError(_("This way isn't set up in this hospital."), code="not_set_up", field="way")
        if row.used_at is not None or row.expires_at <= now():
            return DomainError(_("It has run out: ask anew."), code="expired", field="code")
        if row.tries >= TRIES:
            return DomainError(_("Too many wrong answers: ask anew."), code="too_many", field="code")
        try:
            return adapter.check(asked_of(row), answer)
        except Away:
            return DomainError(_("The other side doesn't answer now; try again."), code="away", field="code")
        except Refused as refusal:
            row.tries += 1
            row.save(update_fields=["tries"])
            detail = {"provider": row.provider, "tries": row.tries, "problem": refusal.code}
            patient = row.version.document.patient
            record("consent.confirm", by=by, of=row, patient=patient, outcome="failure", detail=detail)
            return DomainError(_REFUSALS[refusal.code in {"wrong", ""}](), code=refusal.code, field="code")


_REFUSALS = {
    True: lambda: _("This isn't the right answer."),
    False: lambda: _("The other side refuses it."),
}
