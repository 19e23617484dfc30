"""Freezing a draft into a version, amending it as a new one, taking it back. What was frozen never changes."""

from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from emr.staff.selectors.practice import demand_practice
from encounters.documents.confirmed import asks_patient
from encounters.documents.heading import heading
from encounters.documents.issued import issuing_of
from encounters.documents.models import Document, DocumentDraft, DocumentVersion, make_verify_code
from encounters.documents.sections import sections_of
from encounters.documents.services.drafting import check_time
from encounters.documents.signers import signers
from encounters.forms import services as forms
from encounters.forms.engine import Problem


class NotComplete(DomainError):
    """The draft can't be frozen yet: `problems` name the fields, `reasons` what else is missing."""

    def __init__(self, problems: list[Problem], reasons: list[str]) -> None:
        self.problems = problems
        self.reasons = reasons
        # Nothing but warnings: they may be overruled with a reason.
        self.is_warning = not reasons and all(problem.severity == "warning" for problem in problems)
        super().__init__(_("Something is missing or not right yet."), code="not_complete")


@transaction.atomic
def finalize_document(
    *, document: Document, revision: int, by: User, overruling: str = ""
) -> DocumentVersion:
    """Confirm the draft: freeze answers and rows into a version, let orders take effect, have it rendered.

    The person who confirms is the version's author and is asked to sign. Sent twice, the second finds the first's
    version. `overruling`: why it holds in spite of the form's warnings; it stands on the print. Raises NotComplete with
    what is missing or warned of, Conflict when the draft was changed meanwhile.
    """
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "encounter", "department")
        .get(pk=document.pk)
    )
    draft = (
        DocumentDraft.objects.select_for_update(of=("self",))
        .select_related("questionnaire")
        .filter(document=document)
        .first()
    )
    if draft is None:
        if document.current_version is not None and document.current_version.author_id == by.pk:
            return document.current_version
        raise Conflict(_("This document is finished already."), code="finished")
    if draft.revision != revision:
        raise Conflict(_("The text was changed after this page showed it. Read it again, then confirm."))
    demand_practice(by)
    draft.content = forms.refreshed(draft.questionnaire, draft.content, context=document)
    _take_time(document, draft)
    warnings = _demand_complete(document, draft, overruling)
    if (issuing := issuing_of(document.code)) is not None:
        issuing.give_number(document, draft.content, by)
    version = _freeze(
        document, draft, by, [[problem.code, problem.message] for problem in warnings], overruling
    )
    document.current_version = version
    document.author = by
    document.status = Document.Status.AMENDED if version.number > 1 else Document.Status.FINAL
    document.save(update_fields=["current_version", "author", "status", "happened_at"])
    draft.delete()
    for section in sections_of(document.code):
        section.frozen(document=document, version=version, by=by)
    detail: dict[str, Any] = {"version": version.number, "code": document.code}
    if warnings:
        detail["overruled"] = [problem.code for problem in warnings]
    record("document.finalize", by=by, of=document, detail=detail)
    publish("document_version.finalized", order_key=f"document:{document.pk}", document_version_id=version.pk)
    return version


def _take_time(document: Document, draft: DocumentDraft) -> None:
    """An entry says itself when it was; the document follows what its author wrote."""
    for answer in forms.answers_of(draft.content, "when.at"):
        written = parse_datetime(str(answer.value)) if answer.value else None
        if written is not None and written != document.happened_at.replace(second=0, microsecond=0):
            check_time(document.encounter, written, document.late_reason)
            document.happened_at = written


def _demand_complete(document: Document, draft: DocumentDraft, overruling: str) -> list[Problem]:
    """The warnings that are overruled; raises NotComplete for whatever stands in the way."""
    problems = forms.check(draft.questionnaire, draft.content, context=document)
    reasons = [reason for section in sections_of(document.code) for reason in section.problems(document)]
    refusal = NotComplete(problems, reasons)
    if (problems or reasons) and not (refusal.is_warning and overruling.strip()):
        raise refusal
    return problems


def _freeze(
    document: Document, draft: DocumentDraft, by: User, overruled: list[list[str]], overruling: str
) -> DocumentVersion:
    number = document.versions.count() + 1
    verify_code = make_verify_code()
    response = forms.store_response(
        questionnaire=draft.questionnaire,
        content=draft.content,
        facility=document.facility,
        patient=document.patient,
        encounter=document.encounter,
        author=by,
        status="amended" if number > 1 else "completed",
    )
    composition = {
        "header": heading(
            document,
            title=draft.questionnaire.title,
            number=number,
            verify_code=verify_code,
            questionnaire_version=draft.questionnaire.version,
        ),
        "sections": {section.name: section.compose(document) for section in sections_of(document.code)},
        "signers": signers(document, by, draft.questionnaire, draft.content),
        "late_reason": document.late_reason,
        "entered_at": document.created_at.isoformat(),
        "asks_patient": asks_patient(document.code),
        "amend_reason": draft.amend_reason,
        "overruled": overruled,
        "overruling": overruling.strip()[:300] if overruled else "",
    }
    return DocumentVersion.objects.create(
        document=document,
        facility=document.facility,
        number=number,
        response=response,
        composition=composition,
        author=by,
        frozen_at=now(),
        reason=draft.amend_reason,
        verify_code=verify_code,
    )


@transaction.atomic
def amend_document(*, document: Document, reason: str, by: User) -> DocumentDraft:
    """Open a finished document again as the draft of its next version; the present one stays until that is confirmed."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if not reason.strip():
        raise DomainError(_("Say why it is amended."), code="reason_missing", field="reason")
    if document.is_closed or document.current_version is None:
        raise DomainError(_("Only a finished document can be amended."), code="not_finished")
    if existing := DocumentDraft.objects.filter(document=document).first():
        return existing
    if (issuing := issuing_of(document.code)) is not None:
        issuing.demand_amendable(document)
    version = document.current_version
    draft = DocumentDraft.objects.create(
        document=document,
        questionnaire=version.response.questionnaire,
        content=version.response.resource,
        copied_from=version,
        amend_reason=reason.strip()[:200],
        updated_by=by,
    )
    record("document.amend", by=by, of=document, detail={"version": version.number})
    return draft


@transaction.atomic
def enter_in_error(*, document: Document, reason: str, by: User) -> Document:
    """Take a document back: it stays readable, marked, and its orders end. Nothing is deleted."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    if document.is_closed:
        return document
    document.status, document.error_reason = Document.Status.ENTERED_IN_ERROR, reason.strip()[:200]
    document.error_at, document.error_by = now(), by
    document.save(update_fields=["status", "error_reason", "error_at", "error_by"])
    DocumentDraft.objects.filter(document=document).delete()
    for section in sections_of(document.code):
        section.entered_in_error(document=document, by=by, reason=document.error_reason)
    record("document.enter_in_error", by=by, of=document)
    publish("document.entered_in_error", order_key=f"document:{document.pk}", document_id=document.pk)
    return document
