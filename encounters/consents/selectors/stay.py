"""A stay's consents: which forms there are, and how far each is."""

from collections.abc import Collection
from dataclasses import dataclass

from encounters.consents.models import Confirmation
from encounters.consents.official import FORMS
from encounters.consents.seals import seals_of
from encounters.documents.confirmed import confirmed_codes
from encounters.documents.models import Document
from encounters.documents.selectors import documents_of
from encounters.visits.models import Encounter


@dataclass(frozen=True, slots=True)
class Row:
    """One document put before the patient: `state` is draft, waiting, kept (not sealed yet), sealed, declined or error."""

    document: Document
    title: str
    state: str
    confirmation: Confirmation | None


def consents_of(encounter: Encounter, *, finished_alone: bool = False) -> list[Row]:
    """The stay's documents that patients confirm, the newest first; five queries whatever their number."""
    documents = list(
        documents_of(encounter, finished_alone=finished_alone)
        .filter(code__in=confirmed_codes())
        .defer("current_version__response__resource", "draft__content")
        .order_by("-happened_at", "-pk")
    )
    versions = [document.current_version_id for document in documents if document.current_version_id]
    given = Confirmation.objects.filter(version__in=versions).select_related("staff")
    found = {row.version_id: row for row in given.defer("strokes", "witness_strokes")}
    seals = seals_of([row.pk for row in found.values()])
    return [_row(document, found.get(document.current_version_id or 0), seals) for document in documents]


def _row(document: Document, confirmation: Confirmation | None, seals: Collection[int]) -> Row:
    version = document.current_version
    form = FORMS.get(document.code)
    title = version.composition["header"]["title"] if version else str(form.title) if form else document.code
    if document.is_closed:
        state = "error"
    elif version is None:
        state = "draft"
    elif confirmation is None:
        state = "waiting"
    elif confirmation.answer == Confirmation.Answer.DECLINED:
        state = "declined"
    else:
        state = "sealed" if confirmation.pk in seals else "kept"
    return Row(document, title, state, confirmation)
