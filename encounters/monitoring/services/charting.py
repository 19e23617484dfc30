"""A sheet of the vital-sign chart becomes a document that a nurse signs."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.monitoring.models import VitalSheet
from encounters.monitoring.official import CHART
from encounters.monitoring.selectors.chart import chart_content, sheet_count
from encounters.visits.models import Encounter


@transaction.atomic
def compose_chart(*, encounter: Encounter, number: int, by: User) -> Document:
    """Make sheet `number` of the stay's chart, confirmed by `by`, who is asked to sign it.

    Asked again it is the same document; where something was measured or corrected since, its next version, to be signed
    anew. Raises DomainError: `no_sheet`, `empty`, or why the document can't be confirmed.
    """
    stay = (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("patient", "facility", "department")
        .get(pk=encounter.pk)
    )
    if not 1 <= number <= sheet_count(stay):
        raise DomainError(_("The stay has no such sheet."), code="no_sheet", field="sheet")
    held = (
        VitalSheet.objects.select_related("document__current_version")
        .filter(encounter=stay, number=number)
        .order_by("-attempt")
        .first()
    )
    content = chart_content(stay, number)
    if held is not None and not held.document.is_closed:
        return _up_to_date(held, content, by)
    if content["is_empty"]:
        raise DomainError(_("Nothing was measured in these days."), code="empty")
    document = documents.begin_document(encounter=stay, code=CHART.code, by=by)
    VitalSheet.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        document=document,
        number=number,
        attempt=held.attempt + 1 if held is not None else 1,
    )
    documents.finalize_document(document=document, revision=document.draft.revision, by=by)
    record("vital_signs.compose", by=by, of=document, detail={"sheet": number})
    document.refresh_from_db()
    return document


def _up_to_date(held: VitalSheet, content: dict[str, object], by: User) -> Document:
    document = held.document
    version = document.current_version
    shown = version.composition["sections"][CHART.section] if version is not None else {}
    if all(shown.get(name) == value for name, value in content.items()):
        return document
    draft = documents.amend_document(document=document, reason=_("Something was measured since."), by=by)
    documents.finalize_document(document=document, revision=draft.revision, by=by)
    record("vital_signs.compose", by=by, of=document, detail={"sheet": held.number, "again": True})
    document.refresh_from_db()
    return document
