"""Drafts: begun, typed on by whoever has them open, never lost, never mixed up (F-23)."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.sections import sections_of, sources
from encounters.forms import services as forms
from encounters.forms.engine import Change
from encounters.forms.selectors import current_questionnaire
from encounters.visits.models import Encounter

# R-20 asks for an entry within hours of the event; how many is the facility's rule.
LATE_AFTER_HOURS = 12
declare(
    Whole(
        name="document_late_hours",
        room="documents",
        label=gettext_lazy("An entry or a measurement needs a reason when it is older than"),
        default=LATE_AFTER_HOURS,
        least=1,
        most=168,
        unit=pgettext_lazy("unit", "hours"),
    )
)
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)


def late_after_hours(facility_id: int) -> int:
    """From which age on what is entered needs a reason (facility setting `document_late_hours`)."""
    return int(facility_setting(facility_id, "document_late_hours"))


class DraftConflict(Conflict):
    """Somebody saved after this page was opened; `changes` go from what they saved to what was typed here."""

    def __init__(self, draft: DocumentDraft, changes: list[Change]) -> None:
        self.draft = draft
        self.changes = changes
        by = {"name": draft.updated_by.full_name, "time": f"{timezone.localtime(draft.updated_at):%H:%M}"}
        super().__init__(_("%(name)s saved this document at %(time)s, after you opened it.") % by)


def check_time(encounter: Encounter, happened_at: dt.datetime, late_reason: str) -> None:
    """Refuse an impossible time, and a late one without a reason (R-21)."""
    if happened_at > now() + _CLOCKS_MAY_DIFFER:
        raise DomainError(_("This time lies in the future."), code="future", field="happened_at")
    # People write minutes: the minute of arrival is not before it.
    if happened_at < encounter.started_at.replace(second=0, microsecond=0):
        message = _("This time lies before the patient came (%(time)s).")
        raise DomainError(
            message % {"time": f"{timezone.localtime(encounter.started_at):%d/%m/%Y %H:%M}"},
            code="before_stay",
            field="happened_at",
        )
    hours = late_after_hours(encounter.facility_id)
    if now() - happened_at > dt.timedelta(hours=hours) and not late_reason.strip():
        message = _("It happened more than %(hours)d hours ago: say why it is entered late.")
        raise DomainError(message % {"hours": hours}, code="late", field="late_reason")


@transaction.atomic
def begin_document(
    *,
    encounter: Encounter,
    code: str,
    by: User,
    happened_at: dt.datetime | None = None,
    late_reason: str = "",
    author: User | None = None,
    about: UUID | None = None,
) -> Document:
    """Open a new document of the stay, prefilled from what is known. A record of which there is one is found, not doubled.

    `author`: whose it is to finish, where that isn't who begins it. `about`: the order or procedure that it reports, for
    the providers of its first values. Raises DomainError when the stay is closed to
    writing, the time is impossible, or no such form is in force.
    """
    encounter = (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("facility", "patient")
        .get(pk=encounter.pk)
    )
    questionnaire = current_questionnaire(code, facility=encounter.facility)
    at = happened_at or now()
    if encounter.status in {"cancelled", "entered-in-error"}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    if encounter.department_id is None:
        raise DomainError(_("The patient is in no department yet."), code="no_department")
    if encounter.is_record_closed and not late_reason.strip():
        message = _("The record is closed: what is added to it says why it comes late.")
        raise DomainError(message, code="record_closed", field="late_reason")
    check_time(encounter, at, late_reason)
    document = Document(
        facility=encounter.facility,
        patient_id=encounter.patient_id,
        encounter=encounter,
        department_id=encounter.department_id,
        code=questionnaire.code,
        author=author or by,
        happened_at=at,
        late_reason=late_reason.strip(),
        is_addendum=encounter.is_record_closed,
    )
    document.about = str(about or "")
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError:
        # One record of a kind a stay: somebody has opened it already.
        return Document.objects.get(encounter=encounter, code=questionnaire.code, status__in=_LIVE)
    DocumentDraft.objects.create(
        document=document,
        questionnaire=questionnaire,
        content=forms.begin(questionnaire, context=document),
        updated_by=by,
    )
    record("document.begin", by=by, of=document, detail={"code": document.code})
    return document


_LIVE = [Document.Status.DRAFT, Document.Status.FINAL, Document.Status.SIGNED, Document.Status.AMENDED]


def latest_earlier(document: Document) -> Document | None:
    """The entry of the same kind written last before this one: "yesterday's"."""
    return (
        sources(
            Document.objects.filter(
                encounter_id=document.encounter_id,
                code=document.code,
                happened_at__lte=document.happened_at,
                current_version__isnull=False,
            )
        )
        .exclude(pk=document.pk)
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related("current_version__response")
        .order_by("-happened_at", "-pk")
        .first()
    )


@transaction.atomic
def copy_earlier(*, document: Document, by: User) -> DocumentDraft:
    """Carry yesterday's entry on into this draft, orders included; what changes from it is marked.

    Raises DomainError when there is none.
    """
    draft = _locked(document)
    source = latest_earlier(document)
    if source is None or source.current_version is None:
        raise DomainError(_("There is no earlier entry to copy."), code="nothing_to_copy")
    earlier = source.current_version.response.resource
    draft.content = forms.begin_from(draft.questionnaire, earlier=earlier, context=document)
    draft.copied_from = source.current_version
    _saved(draft, by)
    for section in sections_of(document.code):
        section.copy(source=source, target=document, by=by)
    record("document.copy", by=by, of=document, detail={"source": str(source.uuid)})
    return draft


@transaction.atomic
def save_draft(
    *,
    document: Document,
    fields: QueryDict | Mapping[str, list[str]],
    revision: int,
    by: User,
) -> DocumentDraft:
    """Keep what was typed, right or wrong; nothing is refused but a page that is out of date (DraftConflict).

    `revision` is the one that the page was opened on or saved last, or the other's, seen and overruled.
    """
    draft = _locked(document)
    content = forms.content_from_post(draft.questionnaire, fields, stored=draft.content)
    if content == draft.content:
        return draft
    if revision != draft.revision:
        raise DraftConflict(draft, forms.compare(draft.questionnaire, draft.content, content))
    draft.content = content
    _saved(draft, by)
    return draft


def _saved(draft: DocumentDraft, by: User) -> None:
    draft.revision += 1
    draft.updated_by, draft.updated_at = by, now()
    draft.save(update_fields=["content", "copied_from", "revision", "updated_by", "updated_at"])


def _locked(document: Document) -> DocumentDraft:
    draft = (
        DocumentDraft.objects.select_for_update(of=("self",))
        .select_related("questionnaire", "updated_by", "document")
        .filter(document=document)
        .first()
    )
    if draft is None:
        raise Conflict(
            _("This document is finished; what was typed here was not saved. Amend it instead."),
            code="finished",
        )
    return draft


@transaction.atomic
def discard_draft(*, document: Document, by: User) -> None:
    """Throw away what was typed and never frozen: an amendment's text, or a document that never came to be."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    draft = _locked(document)
    draft.delete()
    if document.current_version_id is None:
        reason = _("Discarded before it was finished.")
        document.status, document.error_reason = Document.Status.ENTERED_IN_ERROR, reason
        document.error_at, document.error_by = now(), by
        document.save(update_fields=["status", "error_reason", "error_at", "error_by"])
        for section in sections_of(document.code):
            section.entered_in_error(document=document, by=by, reason=reason)
    record("document.discard", by=by, of=document)
