"""Short words in a draft: written out, or kept on purpose."""

import copy

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.attestations import abbreviations, checks
from encounters.attestations.models import Attestation
from encounters.documents.models import DocumentDraft


def _draft(paper: Attestation) -> DocumentDraft:
    draft = DocumentDraft.objects.select_for_update(of=("self",)).filter(document=paper.document_id).first()
    if draft is None:
        raise Conflict(_("This paper is finished already."), code="finished")
    return draft


@transaction.atomic
def write_in_full(*, paper: Attestation, by: User) -> int:
    """Write every known short word of the draft out; answers how many texts changed. Names and codes stay."""
    draft, known, changed = _draft(paper), checks.known_words(paper.facility_id), 0
    content = copy.deepcopy(draft.content)
    for answer, text in checks.texts_of(content.get("item", [])):
        full = abbreviations.in_full(text, known, kept=paper.kept_words)
        if full != text:
            answer["valueString"] = full
            changed += 1
    if changed:
        draft.content, draft.revision = content, draft.revision + 1
        draft.updated_by, draft.updated_at = by, now()
        draft.save(update_fields=["content", "revision", "updated_by", "updated_at"])
        record("attestation.write_in_full", by=by, of=paper, patient=paper.patient, detail={"count": changed})
    return changed


@transaction.atomic
def keep_words(*, paper: Attestation, reason: str, overlap_reason: str, by: User) -> None:
    """Let the short words of the draft stand, or its leave overlap another, for the reasons given; an empty one changes
    nothing.
    """
    draft = _draft(paper)
    paper = Attestation.objects.select_for_update(of=("self",)).get(pk=paper.pk)
    reason, overlap_reason = reason.strip()[:200], overlap_reason.strip()[:200]
    if not reason and not overlap_reason:
        raise DomainError(_("Say why."), code="reason_missing", field="reason")
    if reason:
        words = checks.words_of(paper, draft.content).known
        paper.kept_words, paper.kept_reason = sorted({*paper.kept_words, *words}), reason
    if overlap_reason:
        paper.overlap_reason = overlap_reason
    paper.save(update_fields=["kept_words", "kept_reason", "overlap_reason"])
    detail = {"words": paper.kept_words, "overlap": bool(overlap_reason)}
    record("attestation.override", by=by, of=paper, patient=paper.patient, detail=detail)
