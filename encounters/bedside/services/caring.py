"""A column of a care sheet is written, corrected, taken back; a nurse's columns of a shift become a document to sign."""

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.bedside import official
from encounters.bedside.care_form import DONE, carried, tidied
from encounters.bedside.models import CareColumn, CareSheet
from encounters.bedside.selectors.care import columns_of_sheet, content_of
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.documents.services.drafting import check_time, late_after_hours
from encounters.visits.models import Encounter
from encounters.visits.shifts import Shift


def _locked(stay_id: int) -> Encounter:
    return (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("patient", "facility", "department")
        .get(pk=stay_id)
    )


def _same_key(
    stay: Encounter, key: uuid.UUID, by: User, wanted: tuple[str, Mapping[str, str], int | None]
) -> CareColumn | None:
    """The same key again: the same answer, or a refusal where it says something else."""
    kept = CareColumn.objects.filter(facility_id=stay.facility_id, key=key).select_related("author").first()
    if kept is None:
        return None
    said = (kept.level, kept.items, kept.replaces_id)
    if kept.encounter_id != stay.pk or kept.author_id != by.pk or said != wanted:
        raise Conflict(_("Something else was sent under the same key."), code="key_reused")
    return kept


def _check(stay: Encounter, level: str, items: Mapping[str, str], at: dt.datetime, late_reason: str) -> None:
    if level not in CareColumn.Level.values:
        raise DomainError(_("Choose the level of care."), code="level_missing", field="level")
    if stay.status in {Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    if stay.department_id is None:
        raise DomainError(_("The patient is in no department yet."), code="no_department")
    if not items.get(DONE):
        raise DomainError(_("Say what was done for the patient."), code="nothing_done", field=DONE)
    check_time(stay, at, late_reason)
    if stay.ended_at is not None and at > stay.ended_at:
        raise DomainError(_("This time lies after the patient left."), code="after_stay", field="happened_at")


def _write(stay: Encounter, **told: object) -> CareColumn:
    try:
        with transaction.atomic():
            return CareColumn.objects.create(
                facility_id=stay.facility_id,
                patient_id=stay.patient_id,
                encounter=stay,
                **told,
            )
    except IntegrityError as error:
        # The key is another stay's, sent at the same moment on another line.
        raise Conflict(_("Something else was sent under the same key."), code="key_reused") from error


@transaction.atomic
def write_column(
    *,
    encounter: Encounter,
    level: str,
    items: Mapping[str, str],
    by: User,
    key: uuid.UUID,
    happened_at: dt.datetime | None = None,
    late_reason: str = "",
    copied_from: CareColumn | None = None,
) -> CareColumn:
    """Keep what one nurse saw and did at one time; `items` {field of `care_form`: words}.

    `copied_from`: the column whose words the form began with; those left untouched are marked. The same `key` again gives
    the same row. Raises DomainError: nothing done, no level, an impossible time, a late one without a reason; Conflict: the
    key was something else's.
    """
    stay = _locked(encounter.pk)
    said = tidied(items)
    if kept := _same_key(stay, key, by, (level, said, None)):
        return kept
    at = happened_at or now()
    _check(stay, level, said, at, late_reason)
    source = copied_from if copied_from is not None and copied_from.encounter_id == stay.pk else None
    offered = carried(source.items) if source is not None else {}
    column = _write(
        stay,
        department_id=stay.department_id,
        level=level,
        happened_at=at,
        items=said,
        copied=[code for code, words in said.items() if offered.get(code) == words],
        copied_from=source,
        late_reason=late_reason.strip()[:200],
        author=by,
        key=key,
    )
    record("care_column.record", by=by, of=column, detail={"level": level})
    return column


def _demand_own(column: CareColumn, by: User, reason: str) -> None:
    if column.author_id != by.pk:
        raise DomainError(
            _("%(name)s wrote this column: write one of your own.") % {"name": column.author.full_name},
            code="other_person",
        )
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    later = CareColumn.objects.filter(replaces=column).first()
    if later is not None:
        raise Conflict(
            _("This column was changed at %(time)s already.")
            % {"time": f"{timezone.localtime(later.created_at):%H:%M}"},
            code="corrected",
        )


@transaction.atomic
def correct_column(
    *,
    column: CareColumn,
    level: str,
    items: Mapping[str, str],
    reason: str,
    by: User,
    key: uuid.UUID,
    happened_at: dt.datetime | None = None,
    late_reason: str = "",
) -> CareColumn:
    """Replace a column of one's own by the right one; the old row stays, and a sheet that shows it has to be made anew."""
    stay = _locked(column.encounter_id)
    said = tidied(items)
    if kept := _same_key(stay, key, by, (level, said, column.pk)):
        return kept
    _demand_own(column, by, reason)
    # Pages show minutes: the minute of the column is no other time.
    is_same = happened_at in {None, column.happened_at.replace(second=0, microsecond=0)}
    at = column.happened_at if is_same or happened_at is None else happened_at
    # What was told late once needs no second reason.
    _check(stay, level, said, at, late_reason or column.late_reason or reason)
    offered = carried(column.copied_from.items) if column.copied_from is not None else {}
    row = _write(
        stay,
        department_id=column.department_id,
        level=level,
        happened_at=at,
        items=said,
        copied=[code for code, words in said.items() if code in column.copied and offered.get(code) == words],
        copied_from=column.copied_from,
        late_reason=(late_reason or column.late_reason).strip()[:200],
        reason=reason.strip()[:200],
        author=by,
        key=key,
        replaces=column,
    )
    record("care_column.correct", by=by, of=row)
    return row


@transaction.atomic
def take_back_column(*, column: CareColumn, reason: str, by: User, key: uuid.UUID) -> CareColumn:
    """It wasn't so (another patient): it stands on no sheet any more, and the row stays with why."""
    stay = _locked(column.encounter_id)
    if kept := _same_key(stay, key, by, (column.level, column.items, column.pk)):
        return kept
    _demand_own(column, by, reason)
    row = _write(
        stay,
        department_id=column.department_id,
        level=column.level,
        status=CareColumn.Status.ENTERED_IN_ERROR,
        happened_at=column.happened_at,
        items=column.items,
        reason=reason.strip()[:200],
        author=by,
        key=key,
        replaces=column,
    )
    record("care_column.take_back", by=by, of=row)
    return row


@transaction.atomic
def compose_care(*, encounter: Encounter, code: str, shift: Shift, by: User) -> Document:
    """Make 37/BV2 or 38/BV2 of the columns that `by` wrote in the shift, to be signed.

    Asked again it is the same document; where a column or a fact beside one changed since, its next version, to be signed
    anew. Where every column was taken back since, the document is taken back too. Raises DomainError: `empty`, `bad_form`,
    or why the document can't be confirmed.
    """
    if code not in official.CARE:
        raise DomainError(_("There is no such sheet."), code="bad_form", field="code")
    stay = _locked(encounter.pk)
    held = (
        CareSheet.objects.select_related("document__current_version", "nurse", "encounter")
        .filter(encounter=stay, code=code, nurse=by, starts_at=shift.start)
        .order_by("-number")
        .first()
    )
    if held is not None and not held.document.is_closed:
        return _up_to_date(held, by)
    wanted = CareSheet(
        facility_id=stay.facility_id,
        encounter=stay,
        code=code,
        nurse=by,
        number=held.number + 1 if held is not None else 1,
        shift_name=shift.name,
        starts_at=shift.start,
        ends_at=shift.end,
    )
    columns = columns_of_sheet(wanted)
    if not columns:
        raise DomainError(_("You wrote no column in this shift that belongs on this sheet."), code="empty")
    at = columns[-1].happened_at
    is_late = now() - at > dt.timedelta(hours=late_after_hours(stay.facility_id))
    document = documents.begin_document(
        encounter=stay,
        code=code,
        by=by,
        happened_at=at,
        late_reason=(columns[-1].late_reason or _("Made of columns that were written in time."))
        if is_late
        else "",
    )
    wanted.document = document
    wanted.save()
    documents.finalize_document(document=document, revision=document.draft.revision, by=by)
    record("care_sheet.compose", by=by, of=document, detail={"code": code, "columns": len(columns)})
    document.refresh_from_db()
    return document


def _up_to_date(held: CareSheet, by: User) -> Document:
    document = held.document
    version = document.current_version
    shown = version.composition["sections"][official.CARE_1.section] if version is not None else {}
    content = content_of(held)
    if not content["uuids"]:
        return documents.enter_in_error(document=document, reason=_("Every column was taken back."), by=by)
    if all(shown.get(name) == value for name, value in content.items()):
        return document
    draft = documents.amend_document(document=document, reason=_("Something was recorded since."), by=by)
    documents.finalize_document(document=document, revision=draft.revision, by=by)
    record("care_sheet.compose", by=by, of=document, detail={"code": held.code, "again": True})
    document.refresh_from_db()
    return document
