"""A document that was written on the wrong patient: entered in error there, begun anew on the right one, both traced."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents.issued import issuing_of
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.services.drafting import begin_document
from encounters.documents.services.freezing import enter_in_error
from encounters.forms import services as forms
from encounters.visits.models import Encounter


@transaction.atomic
def move_document(*, document: Document, to: Encounter, reason: str, by: User) -> Document:
    """Take the document back where it stands and begin it anew on the stay it belongs to, as a draft of the same author.

    What was typed goes along; what the form knows of a patient is asked anew, and orders aren't carried over: those of
    the wrong patient end, the right one's are given anew. Pressed twice, the second finds the first's draft. Raises
    DomainError by `code`: reason_missing, same_stay, closed, numbered, has_one, or what `begin_document` refuses.
    """
    wrong = (
        Document.objects.select_for_update(of=("self",))
        .select_related("author", "current_version__response")
        .get(pk=document.pk)
    )
    if moved := Document.objects.filter(moved_from=wrong).first():
        return moved
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    if to.pk == wrong.encounter_id:
        raise DomainError(_("The document stands in this very stay."), code="same_stay", field="stay")
    if wrong.is_closed:
        raise DomainError(_("This document was entered in error already."), code="closed")
    if issuing_of(wrong.code) is not None:
        message = _("A paper with a number is cancelled in its register and issued anew.")
        raise DomainError(message, code="numbered")
    if (
        wrong.code.endswith("/BV1")
        and to.documents.filter(code=wrong.code).exclude(status="entered-in-error").exists()
    ):
        message = _("That stay has such a record document already: write it there.")
        raise DomainError(message, code="has_one", field="stay")
    typed = _content_of(wrong)
    anew = begin_document(
        encounter=to,
        code=wrong.code,
        by=by,
        author=wrong.author,
        happened_at=wrong.happened_at,
        late_reason=reason.strip()[:200],
    )
    anew.moved_from = wrong
    anew.save(update_fields=["moved_from"])
    draft = DocumentDraft.objects.select_related("questionnaire").get(document=anew)
    draft.content = forms.begin_from(draft.questionnaire, earlier=typed, context=anew)
    draft.save(update_fields=["content"])
    enter_in_error(document=wrong, reason=reason, by=by)
    record("document.take_out", by=by, of=wrong, detail={"to": str(anew.uuid)})
    record("document.bring_in", by=by, of=anew, detail={"from": str(wrong.uuid)})
    return anew


def _content_of(document: Document) -> forms.Content:
    draft = DocumentDraft.objects.filter(document=document).first()
    version = document.current_version
    if draft is None and version is None:
        raise DomainError(_("There is nothing written on it."), code="empty")
    content: forms.Content = draft.content if draft is not None else version.response.resource  # type: ignore[union-attr]
    return content
