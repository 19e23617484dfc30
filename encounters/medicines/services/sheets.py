"""One signature a nurse, patient and shift: the sheet is composed of what was done, frozen, and waits to be signed."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.medicines import official
from encounters.medicines.models import ShiftSheet
from encounters.medicines.selectors.sheets import rows_of
from encounters.visits.models import Encounter


@transaction.atomic
def compose_of_shift(
    *, encounter: Encounter, code: str, start: dt.datetime, end: dt.datetime, by: User
) -> Document:
    """Make the sheet of what `by` did from `start` to `end` (of the disclosure: of what everybody gave), to be signed.

    Asked again it is the same document; where something was done since, its next version, to be signed anew. Raises
    DomainError `empty` where nothing was done, `bad_form` for another code, or why the document can't be confirmed.
    """
    sheet = official.SHEETS.get(code)
    if sheet is None:
        raise DomainError(_("There is no such sheet."), code="bad_form", field="code")
    encounter = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    held = (
        ShiftSheet.objects.select_related("document__current_version", "nurse", "encounter")
        .filter(encounter=encounter, code=code, nurse=by, starts_at=start, ends_at=end)
        .first()
    )
    if held is not None:
        return _up_to_date(held, by)
    wanted = ShiftSheet(
        facility_id=encounter.facility_id,
        encounter=encounter,
        code=code,
        nurse=by,
        starts_at=start,
        ends_at=end,
    )
    if not rows_of(wanted):
        raise DomainError(_("Nothing was done in this time that belongs on this sheet."), code="empty")
    document = documents.begin_document(encounter=encounter, code=code, by=by)
    wanted.document = document
    wanted.save()
    documents.finalize_document(document=document, revision=document.draft.revision, by=by)
    record("shift_sheet.compose", by=by, of=document, detail={"code": code})
    document.refresh_from_db()
    return document


def _up_to_date(held: ShiftSheet, by: User) -> Document:
    document = held.document
    version = document.current_version
    shown = version.composition["sections"][official.SECTION]["rows"] if version is not None else None
    if shown == rows_of(held):
        return document
    draft = documents.amend_document(document=document, reason=_("Something was recorded since."), by=by)
    documents.finalize_document(document=document, revision=draft.revision, by=by)
    record("shift_sheet.compose", by=by, of=document, detail={"code": held.code, "again": True})
    document.refresh_from_db()
    return document


@transaction.atomic
def disclose(*, encounter: Encounter, start: dt.datetime, end: dt.datetime, by: User) -> Document:
    """The disclosure of what everybody gave from `start` to `end`: one for all nurses; its next version once more was given.

    Raises DomainError as `compose_of_shift`.
    """
    code = official.DISCLOSED.code
    encounter = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    held = (
        ShiftSheet.objects.select_related("document__current_version", "nurse", "encounter")
        .filter(encounter=encounter, code=code, starts_at=start, ends_at=end)
        .exclude(document__status=Document.Status.ENTERED_IN_ERROR)
        .order_by("pk")
        .last()
    )
    if held is not None:
        return _up_to_date(held, by)
    return compose_of_shift(encounter=encounter, code=code, start=start, end=end, by=by)
