"""What a page needs to show a draft's form: the document's own page, and the ward round beside other things."""

from collections.abc import Sequence
from typing import Any

from encounters.documents.models import Document, DocumentDraft
from encounters.documents.sections import sections_of
from encounters.documents.services.drafting import latest_earlier
from encounters.forms import services as questionnaires
from encounters.forms.engine import Problem

SHOWN = ("questionnaire", "updated_by", "copied_from__response")


def draft_to_show(document: Document) -> DocumentDraft | None:
    """The document's draft with what its form shows; one query."""
    return DocumentDraft.objects.select_related(*SHOWN).filter(document=document).first()


def editor_of(document: Document, draft: DocumentDraft, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """The context of `encounters/documents/_editor.html`; what differs from the entry that was copied is marked."""
    changes = []
    if draft.copied_from is not None:
        earlier = draft.copied_from.response.resource
        changes = questionnaires.compare(draft.questionnaire, earlier, draft.content)
    form = questionnaires.form_view(draft.questionnaire, draft.content, problems=problems, changes=changes)
    return {
        "document": document,
        "encounter": document.encounter,
        "patient": document.patient,
        "draft": draft,
        "earlier": latest_earlier(document),
        "entry_sections": sections_of(document.code),
        "form": form,
    }
