"""The head nurse goes through a chart before it is handed in: says that it was checked, or what a nurse has to put right."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.bedside import telling
from encounters.bedside.models import ChartCheck, ChartRemark
from encounters.bedside.selectors.findings import findings_of, open_remarks
from encounters.visits.models import Encounter

_MOST = 40  # findings that are kept with a check, in words


def _locked(stay_id: int) -> tuple[Encounter, Organization]:
    """The stay, held against others, and its department."""
    stay = (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("patient", "facility", "department")
        .get(pk=stay_id)
    )
    if stay.department is None:
        raise DomainError(_("The patient is in no department yet."), code="no_department")
    return stay, stay.department


@transaction.atomic
def check_chart(
    *, encounter: Encounter, by: User, key: uuid.UUID, seen: Sequence[str], note: str = ""
) -> ChartCheck:
    """The nurses' part of the chart may be handed in; what is open still needs a `note` of why.

    `seen`: the words of the findings that the page showed: where others came since, it is looked at again first. The same
    `key` again gives the same check. Raises DomainError: remarks that nobody answered, open findings without a reason;
    Conflict: the chart changed, the key was another's.
    """
    stay, department = _locked(encounter.pk)
    kept = ChartCheck.objects.filter(facility_id=stay.facility_id, key=key).first()
    if kept is not None:
        if (kept.encounter_id, kept.checked_by_id) != (stay.pk, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if count := open_remarks([stay.pk])[stay.pk]:
        raise DomainError(
            _("%(count)d remarks wait for an answer: end them first.") % {"count": count}, code="remarks"
        )
    found = [finding.words for finding in findings_of([stay])[stay.pk]]
    if set(found) - set(seen):
        raise Conflict(_("Something else is missing since this page was opened: look again."), code="changed")
    if found and not note.strip():
        raise DomainError(_("Say why it is handed in all the same."), code="note_missing", field="note")
    with override("vi"):
        kept_words = [finding.words for finding in findings_of([stay])[stay.pk]][:_MOST]
    row = ChartCheck.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        department=department,
        findings=kept_words,
        note=note.strip()[:500],
        checked_by=by,
        key=key,
    )
    record("chart_check.check", by=by, of=row, detail={"open": len(found)})
    return row


@transaction.atomic
def make_remark(*, encounter: Encounter, nurse: User, text: str, by: User, key: uuid.UUID) -> ChartRemark:
    """Ask a nurse to put something right; the nurse is told, until it is done. The same `key` again gives the same remark.

    Raises DomainError: no words, somebody who isn't of the house; Conflict: the key was another's.
    """
    stay, department = _locked(encounter.pk)
    kept = ChartRemark.objects.filter(facility_id=stay.facility_id, key=key).first()
    if kept is not None:
        if (kept.encounter_id, kept.made_by_id) != (stay.pk, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if not text.strip():
        raise DomainError(_("Say what is to be put right."), code="text_missing", field="text")
    if nurse.facility_id != stay.facility_id or not nurse.is_active:
        raise DomainError(_("Choose a nurse."), code="no_nurse", field="nurse")
    row = ChartRemark.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        department=department,
        nurse=nurse,
        text=text.strip()[:500],
        made_by=by,
        key=key,
    )
    record("chart_remark.make", by=by, of=row)
    telling.tell_of_remark(row, by=by)
    return row


@transaction.atomic
def settle_remark(*, remark: ChartRemark, by: User, answer: str = "") -> ChartRemark:
    """It is put right: said by the nurse who was asked, or by a head nurse. Said twice is said once."""
    row = (
        ChartRemark.objects.select_for_update(of=("self",))
        .select_related("facility", "done_by")
        .get(pk=remark.pk)
    )
    if row.done_at is not None:
        return row
    row.answer, row.done_at, row.done_by = answer.strip()[:300], now(), by
    row.save(update_fields=["answer", "done_at", "done_by"])
    record("chart_remark.settle", by=by, of=row)
    telling.stop_telling(row, by=by)
    return row
