"""The patient's word on one version of a document, kept as evidence; the house above seals it at once."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.context import acting
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from emr.outbox import publish
from emr.storage.services import store_bytes
from emr.storage.strangers import kind_of
from encounters.consents.models import Confirmation, ConfirmationChallenge
from encounters.consents.official import allowed_ways
from encounters.consents.services.asking import shown_bytes, try_answer
from encounters.consents.strokes import Strokes, Unreadable, read_strokes
from encounters.consents.ways import Proof
from encounters.documents.models import Document, DocumentBytes
from patients.registry import systems
from patients.registry.models import Identifier, Patient, RelatedPerson

Way = Confirmation.Way
_OUTSIDE = {Way.CODE, Way.FINGERPRINT, Way.DIGITAL}
# What was kept on the device while the line was down may come late; its clock is believed for so long.
_KEPT_ON_DEVICE = dt.timedelta(hours=24)
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=2)
PAPER_MEGABYTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who confirms: the patient, or who stands for them with relation, identity and right (R-14)."""

    who: str = Confirmation.Who.PATIENT
    full_name: str = ""
    id_number: str = ""
    relationship: str = ""
    basis: str = ""
    basis_reference: str = ""
    person: RelatedPerson | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Who saw it, or signs for somebody who can't write; `strokes` as the page sent them."""

    full_name: str = ""
    id_number: str = ""
    strokes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the page sent of one confirmation. `key` is the device's own; `sha256` is of the bytes that it drew."""

    key: UUID
    sha256: str
    way: str
    answer: str = Confirmation.Answer.AGREED
    told_at: dt.datetime | None = None
    strokes: str = ""
    challenge: ConfirmationChallenge | None = None
    typed: str = ""
    paper: bytes | None = None


def confirm(
    *, document: Document, told: Told, signer: Signer, by: User, witness: Witness | None = None
) -> Confirmation:
    """Keep the confirmation of the document's present version; the same key again is answered with the same row.

    Raises DomainError by `code`: no_form, not_allowed, no_name, no_right, no_id, malformed | too_little | too_long (what
    was drawn), no_witness, no_paper, bad_file, no_challenge, wrong, expired, too_many, away, waiting; Conflict:
    key_used, swapped, confirmed_already.
    """
    if (again := _same_again(document, told)) is not None:
        return again
    proof: Proof | None = None
    if told.way in _OUTSIDE:
        answered = _answered(document, told, by)
        if isinstance(answered, DomainError):
            raise answered
        proof = answered
    return _keep(
        document=document, told=told, signer=signer, by=by, witness=witness or Witness(), proof=proof
    )


def _same_again(document: Document, told: Told) -> Confirmation | None:
    found = Confirmation.objects.select_related("version").filter(
        facility_id=document.facility_id, key=told.key
    )
    row = found.first()
    if row is not None and row.version.document_id != document.pk:
        raise Conflict(_("This entry was sent for another document."), code="key_used")
    return row


def _answered(document: Document, told: Told, by: User) -> Proof | DomainError:
    challenge = told.challenge
    if challenge is None or challenge.version_id != document.current_version_id:
        return DomainError(
            _("Ask first: nothing was asked of this version."), code="no_challenge", field="way"
        )
    if challenge.sha256 != told.sha256.strip().lower():
        return Conflict(
            _("The document was changed after it was shown. Open it again and let it be read anew."),
            code="swapped",
        )
    answer = try_answer(challenge=challenge, answer={"code": told.typed}, by=by)
    if answer is None:
        return DomainError(_("It isn't answered yet."), code="waiting", field="code")
    return answer


@transaction.atomic
def _keep(
    *,
    document: Document,
    told: Told,
    signer: Signer,
    by: User,
    witness: Witness,
    proof: Proof | None,
) -> Confirmation:
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "encounter", "current_version")
        .get(pk=document.pk)
    )
    if (again := _same_again(document, told)) is not None:
        return again
    shown = shown_bytes(document, told.sha256)
    if Confirmation.objects.filter(version_id=shown.version_id).exists():
        raise Conflict(_("This version is confirmed already."), code="confirmed_already")
    _demand_way(document, told)
    row = Confirmation(
        facility_id=document.facility_id,
        patient=document.patient,
        encounter=document.encounter,
        version_id=shown.version_id,
        shown=shown,
        sha256=shown.sha256,
        key=told.key,
        answer=told.answer,
        way=told.way,
        happened_at=_moment(told, shown),
        told_at=told.told_at,
        staff=by,
        address=acting().address[:45],
        device=acting().device[:200],
    )
    _take_signer(row, document, signer)
    _take_witness(row, witness)
    _take_way(row, told, proof)
    row.save()
    if row.challenge is not None:
        row.challenge.used_at = now()
        row.challenge.save(update_fields=["used_at"])
    detail = {"way": row.way, "who": row.who, "answer": row.answer, "sha256": row.sha256}
    record("consent.confirm", by=by, of=row, patient=document.patient, detail=detail)
    publish("confirmation.given", order_key=f"document:{document.pk}", confirmation_id=row.pk)
    return row


def _demand_way(document: Document, told: Told) -> None:
    allowed = allowed_ways(document.facility_id, document.code)
    if not allowed:
        raise DomainError(_("This form isn't put before patients."), code="no_form")
    if told.way not in Way.values or told.answer not in Confirmation.Answer.values:
        raise DomainError(_("Choose how it is confirmed."), code="not_allowed", field="way")
    # Nobody is kept from saying no.
    if told.way not in allowed and told.answer == Confirmation.Answer.AGREED:
        raise DomainError(
            _("This form asks for a digital signature or signed paper; a weaker confirmation isn't taken."),
            code="not_allowed",
            field="way",
        )


def _moment(told: Told, shown: DocumentBytes) -> dt.datetime:
    """When it happened: the device's time where that is possible, else the server's."""
    moment = now()
    if told.told_at is None:
        return moment
    earliest = max(shown.created_at, moment - _KEPT_ON_DEVICE)
    return min(told.told_at, moment) if earliest <= told.told_at <= moment + _CLOCKS_MAY_DIFFER else moment


def _take_signer(row: Confirmation, document: Document, signer: Signer) -> None:
    if signer.who == Confirmation.Who.PATIENT:
        row.who, row.full_name = Confirmation.Who.PATIENT, document.patient.full_name
        row.id_number = tidy(signer.id_number)[:20] or _citizen_number(document.patient)
        return
    name, number = tidy(signer.full_name)[:160], tidy(signer.id_number)[:20]
    if not name:
        raise DomainError(_("Enter the name of who confirms."), code="no_name", field="full_name")
    if not signer.relationship or signer.basis not in RelatedPerson.Basis.values:
        raise DomainError(
            _("Say how this person is related to the patient and by what right they confirm."),
            code="no_right",
            field="basis" if signer.relationship else "relationship",
        )
    if not number:
        raise DomainError(
            _("Who confirms for the patient does so with an ID number."), code="no_id", field="id_number"
        )
    row.who, row.full_name, row.id_number = Confirmation.Who.RELATIVE, name, number
    row.relationship, row.basis = signer.relationship[:8], signer.basis
    row.basis_reference = tidy(signer.basis_reference)[:200]
    row.person = signer.person


def _citizen_number(patient: Patient) -> str:
    """The number by which the chart knows the patient; "" without one."""
    own = Identifier.objects.filter(patient_id=patient.root_id, system=systems.CITIZEN, is_active=True)
    return (own.values_list("value", flat=True).first() or "")[:20]


def _take_witness(row: Confirmation, witness: Witness) -> None:
    row.witness_name = tidy(witness.full_name)[:160]
    row.witness_id_number = tidy(witness.id_number)[:20]
    if row.way == Way.WITNESSED and not row.witness_name:
        raise DomainError(
            _("Enter the name of the witness who signs."), code="no_witness", field="witness_name"
        )
    if witness.strokes:
        row.witness_strokes = _drawn(witness.strokes, "witness_strokes")
    elif row.way == Way.WITNESSED:
        raise DomainError(_("The witness signs on the screen."), code="too_little", field="witness_strokes")


def _take_way(row: Confirmation, told: Told, proof: Proof | None) -> None:
    if row.way == Way.DRAWN:
        row.strokes = _drawn(told.strokes, "strokes")
    elif row.way == Way.PAPER:
        row.paper = store_bytes(
            _checked(told.paper), content_type=kind_of(told.paper or b"") or "", facility=row.facility
        )
    elif proof is not None:
        row.challenge, row.transaction = told.challenge, proof.transaction[:120]
        named = {"name": proof.signer_name, "number": proof.signer_number}
        row.proof = dict(proof.detail) | {key: value for key, value in named.items() if value}
        if proof.at is not None:
            row.proof["at"] = proof.at.isoformat()


def _drawn(raw: str, field: str) -> Strokes:
    try:
        if not raw:
            raise Unreadable("too_little")
        return read_strokes(raw)
    except Unreadable as trouble:
        words = {
            "too_little": _("Nothing that could be a signature was drawn."),
            "too_long": _("The drawing is too long. Clear it and sign again."),
        }
        message = words.get(trouble.code) or _("The drawing can't be read. Clear it and sign again.")
        raise DomainError(message, code=trouble.code, field=field) from None


def _checked(paper: bytes | None) -> bytes:
    if not paper:
        raise DomainError(_("Add a photograph or scan of the signed paper."), code="no_paper", field="paper")
    if len(paper) > PAPER_MEGABYTES * 1024**2 or kind_of(paper) is None:
        raise DomainError(
            _("The copy must be a PDF, JPEG or PNG of %(size)d MB at most.") % {"size": PAPER_MEGABYTES},
            code="bad_file",
            field="paper",
        )
    return paper
