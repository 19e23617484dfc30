"""A paper's life: begun, numbered as it is frozen, issued with its last signature, issued again, taken back."""

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from encounters.attestations import checks
from encounters.attestations.kinds import KINDS, LEAVES
from encounters.attestations.models import Attestation
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentDraft, DocumentVersion
from encounters.visits.models import Encounter
from patients.registry.models import Patient

_OPEN = [Attestation.Status.DRAFT, Attestation.Status.NUMBERED, Attestation.Status.ISSUED]


@transaction.atomic
def begin_paper(*, encounter: Encounter, kind: str, by: User) -> Attestation:
    """Begin a paper, prefilled; the person's own draft of that kind, or the one that stands for the stay, is found again.

    Raises DomainError when this stay gives no such paper (code "no_such_paper"), or its form isn't in force.
    """
    if kind not in KINDS:
        raise DomainError(_("There is no such paper."), code="no_such_paper")
    encounter = (
        Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    )
    if found := _begun(encounter, kind, by):
        return found
    if refusal := checks.refusal_to_begin(KINDS[kind], encounter):
        raise DomainError(refusal, code="no_such_paper")
    document = _document(encounter, kind, by)
    paper = Attestation.objects.create(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        document=document,
        kind=document.code,
        begun_by=by,
    )
    record("attestation.begin", by=by, of=paper, patient=encounter.patient, detail={"kind": kind})
    return paper


def _document(encounter: Encounter, kind: str, by: User) -> Document:
    """The form to be written; what is asked for when the record is closed already is an addition to it (R-24)."""
    late = _("Asked for after the record was closed") if encounter.is_record_closed else ""
    return documents.begin_document(encounter=encounter, code=kind, by=by, late_reason=late)


def _begun(encounter: Encounter, kind: str, by: User) -> Attestation | None:
    papers = Attestation.objects.filter(encounter=encounter, kind=kind).order_by("-pk")
    if KINDS[kind].once:
        return papers.filter(status__in=_OPEN).first()
    return papers.filter(status=Attestation.Status.DRAFT, begun_by=by, replaces=None).first()


def written_number(kind: str, year: int, sequence: int) -> str:
    """As it is printed: 000123/2026/GRV."""
    return f"{sequence:06d}/{year}/{KINDS[kind].series}"


def _next(facility_id: int, kind: str, year: int) -> int:
    """The next number without a gap: a transaction that fails gives it back. The series stays locked until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO attestations_paperseries (uuid, facility_id, kind, year, last)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 1) ON CONFLICT (facility_id, kind, year)"
            " DO UPDATE SET last = attestations_paperseries.last + 1 RETURNING last",
            [facility_id, kind, year],
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def give_number(document: Document, content: checks.Content, by: User) -> None:
    """Called as the document is frozen, in its transaction: what stands in it counts from now on, and the number is given.

    A paper that is amended before it was issued keeps its number. Raises DomainError where the person's leaves overlap.
    """
    paper = Attestation.objects.select_for_update(of=("self",)).filter(document=document).first()
    if paper is None:
        raise DomainError(_("Begin this paper from the list of papers."), code="no_paper")
    _demand_open(paper)
    if paper.kind in LEAVES:
        # Two leaves of one person are numbered one after the other.
        Patient.objects.select_for_update(of=("self",)).get(pk=paper.patient_id)
    paper.starts_on, paper.ends_on = checks.validity(paper, content, local_today())
    begins, ends = paper.starts_on, paper.ends_on
    may_overlap = paper.kind not in LEAVES or bool(paper.overlap_reason)
    if begins and ends and not may_overlap and checks.overlapping(paper, begins, ends):
        raise DomainError(_("Another leave of these days was given meanwhile."), code="overlap")
    if not paper.number:
        year = timezone.localdate().year
        paper.year, paper.numbered_at = year, now()
        paper.sequence = _next(paper.facility_id, paper.kind, year)
        paper.number = written_number(paper.kind, year, paper.sequence)
        record(
            "attestation.number", by=by, of=paper, patient=document.patient, detail={"number": paper.number}
        )
    paper.status = Attestation.Status.NUMBERED
    paper.save()


@transaction.atomic
def mark_issued(*, version: DocumentVersion) -> None:
    """Everybody has signed: the paper is issued, and the one that it replaces no longer stands. Twice changes nothing."""
    paper = (
        Attestation.objects.select_for_update(of=("self",))
        .select_related("replaces", "patient")
        .filter(document_id=version.document_id, status=Attestation.Status.NUMBERED)
        .first()
    )
    if paper is None or paper.document.current_version_id != version.pk:
        return
    paper.status, paper.issued_at = Attestation.Status.ISSUED, now()
    paper.save(update_fields=["status", "issued_at"])
    record("attestation.issue", of=paper, patient=paper.patient, detail={"number": paper.number})
    if paper.replaces_id is not None:
        former = Attestation.objects.select_for_update(of=("self",)).get(pk=paper.replaces_id)
        if former.status == Attestation.Status.ISSUED:
            former.status = Attestation.Status.REPLACED
            former.save(update_fields=["status"])


@transaction.atomic
def reissue_paper(*, paper: Attestation, reason: str, by: User) -> Attestation:
    """Begin the paper anew, "Cấp lại lần n", on the same form with what stood on it; pressed twice, the first is found.

    Raises DomainError when it isn't issued, or no reason is given.
    """
    paper = Attestation.objects.select_for_update(of=("self",)).select_related("encounter").get(pk=paper.pk)
    reason = reason.strip()[:200]
    if not reason:
        raise DomainError(_("Say why it is issued again."), code="reason_missing", field="reason")
    begun = paper.reissues.filter(status__in=_OPEN).first()
    if begun is not None:
        return begun
    version = paper.document.current_version
    if paper.status != Attestation.Status.ISSUED or version is None:
        raise DomainError(_("Only a paper that stands can be issued again."), code="not_issued")
    document = _document(paper.encounter, paper.kind, by)
    # The form of the day when it was first given, with its answers.
    DocumentDraft.objects.filter(document=document).update(
        questionnaire=version.response.questionnaire, content=version.response.resource
    )
    anew = Attestation.objects.create(
        facility_id=paper.facility_id,
        patient_id=paper.patient_id,
        encounter=paper.encounter,
        document=document,
        kind=paper.kind,
        begun_by=by,
        replaces=paper,
        copy_number=paper.copy_number + 1,
        reissue_reason=reason,
        overlap_reason=paper.overlap_reason,
        kept_words=paper.kept_words,
        kept_reason=paper.kept_reason,
    )
    record("attestation.reissue", by=by, of=anew, patient=paper.patient, detail={"number": paper.number})
    return anew


def take_back(*, paper: Attestation, reason: str, by: User) -> None:
    """Cancel a paper that hasn't left the house, recall one that has; its number stays in the register with the reason."""
    if paper.status in {
        Attestation.Status.REPLACED,
        Attestation.Status.CANCELLED,
        Attestation.Status.RECALLED,
    }:
        raise Conflict(_("This paper no longer stands already."), code="not_standing")
    documents.enter_in_error(document=paper.document, reason=reason, by=by)


def note_taken_back(*, document: Document, reason: str, by: User) -> None:
    """The document was entered in error, or its draft thrown away: so is the paper. In the same transaction."""
    paper = Attestation.objects.select_for_update(of=("self",)).filter(document=document).first()
    if paper is None:
        return
    if paper.status == Attestation.Status.REPLACED:
        raise DomainError(_("This paper was issued again; take the newer one back."), code="replaced")
    has_left = paper.handovers.exists()
    paper.status = Attestation.Status.RECALLED if has_left else Attestation.Status.CANCELLED
    paper.ended_at, paper.ended_by, paper.end_reason = now(), by, reason[:200]
    paper.save(update_fields=["status", "ended_at", "ended_by", "end_reason"])
    verb = "attestation.recall" if has_left else "attestation.cancel"
    record(verb, by=by, of=paper, patient=document.patient, detail={"number": paper.number})


def demand_amendable(document: Document) -> None:
    """Raise DomainError where the paper is issued: it is never edited, only issued again."""
    paper = Attestation.objects.filter(document=document).first()
    if paper is not None:
        _demand_open(paper)


def _demand_open(paper: Attestation) -> None:
    if paper.status not in {Attestation.Status.DRAFT, Attestation.Status.NUMBERED}:
        raise DomainError(_("This paper is issued: it can only be issued again."), code="issued")
