"""A wound is found, looked at again and again with photographs, and what was wrong is taken back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from emr.storage.services import store_bytes
from encounters.bedside.models import Wound, WoundAssessment, WoundPhoto
from encounters.bedside.pictures import MOST, Picture
from encounters.documents.services.drafting import check_time
from encounters.visits.models import Encounter

State = WoundAssessment.State
# What one look says, as the form names it.
SAID = (
    "state", "stage", "length_mm", "width_mm", "depth_mm", "exudate", "tissue", "pain", "treatment", "note",
)  # fmt: skip
_LONGEST_MM = 2000


def _locked(stay_id: int) -> Encounter:
    return (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("patient", "facility", "department")
        .get(pk=stay_id)
    )


@transaction.atomic
def find_wound(
    *,
    encounter: Encounter,
    kind: str,
    site: str,
    by: User,
    key: uuid.UUID,
    side: str = "",
    place: str = "",
    began_on: dt.date | None = None,
) -> Wound:
    """A wound of the patient's from now on; how it looks is said in assessments. The same `key` again gives the same wound.

    Raises DomainError: no kind or site, a day that hasn't come, a stay that has ended; Conflict: the key was another's.
    """
    stay = _locked(encounter.pk)
    kept = Wound.objects.filter(facility_id=stay.facility_id, key=key).first()
    if kept is not None:
        if (kept.encounter_id, kept.author_id, kept.kind, kept.site) != (stay.pk, by.pk, kind, site):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    for field, value, known in (("kind", kind, Wound.Kind), ("site", site, Wound.Site)):
        if value not in known.values:
            raise DomainError(_("Say what kind of wound it is and where."), code="missing", field=field)
    if side not in Wound.Side.values:
        raise DomainError(_("Say on which side."), code="bad_side", field="side")
    if began_on is not None and began_on > local_today():
        raise DomainError(_("This day hasn't come yet."), code="future", field="began_on")
    if not stay.is_open:
        raise DomainError(_("The stay has ended."), code="stay_ended")
    wound = Wound.objects.create(
        facility_id=stay.facility_id,
        patient_id=stay.patient_id,
        encounter=stay,
        kind=kind,
        site=site,
        side=side,
        place=place.strip()[:120],
        began_on=began_on,
        author=by,
        key=key,
    )
    record("wound.add", by=by, of=wound, detail={"kind": kind})
    return wound


def _check(wound: Wound, said: dict[str, Any]) -> None:
    if said.get("state", State.OPEN) not in set(State.values) - {State.ENTERED_IN_ERROR}:
        raise DomainError(_("Say how the wound is."), code="bad_state", field="state")
    if said.get("stage") and wound.kind != Wound.Kind.PRESSURE:
        raise DomainError(_("Stages are of pressure sores."), code="bad_stage", field="stage")
    for name in ("length_mm", "width_mm", "depth_mm"):
        if said.get(name) is not None and not 0 <= said[name] <= _LONGEST_MM:
            raise DomainError(_("A length is up to 2 m."), code="impossible", field=name)


@transaction.atomic
def assess_wound(
    *,
    wound: Wound,
    by: User,
    key: uuid.UUID,
    photos: Sequence[Picture] = (),
    happened_at: dt.datetime | None = None,
    late_reason: str = "",
    **said: Any,
) -> WoundAssessment:
    """How the wound looks (`said`: names of SAID), with photographs that `pictures.clean_picture` made.

    The same `key` again gives the same row. Raises DomainError: impossible times or lengths, too many photographs, nothing
    said; Conflict: the key was something else's.
    """
    stay = _locked(wound.encounter_id)
    at = happened_at or now()
    values = {name: said[name] for name in SAID if said.get(name) not in (None, "")}
    kept = WoundAssessment.objects.filter(facility_id=stay.facility_id, key=key).first()
    if kept is not None:
        if (kept.wound_id, kept.author_id) != (wound.pk, by.pk):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if stay.status in {Encounter.Status.CANCELLED, Encounter.Status.ENTERED_IN_ERROR}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    _check(wound, values)
    if len(photos) > MOST:
        raise DomainError(
            _("At most %(n)d photographs at a time.") % {"n": MOST}, code="too_many", field="photos"
        )
    if not photos and not set(values) - {"state"} and values.get("state", State.OPEN) == State.OPEN:
        raise DomainError(_("Say how the wound looks, or take a photograph."), code="empty", field="tissue")
    check_time(stay, at, late_reason)
    if stay.ended_at is not None and at > stay.ended_at:
        raise DomainError(_("This time lies after the patient left."), code="after_stay", field="happened_at")
    try:
        with transaction.atomic():
            row = WoundAssessment.objects.create(
                facility_id=stay.facility_id,
                wound=wound,
                happened_at=at,
                late_reason=late_reason.strip()[:200],
                author=by,
                key=key,
                **values,
            )
    except IntegrityError as error:
        raise Conflict(_("Something else was sent under the same key."), code="key_reused") from error
    for position, picture in enumerate(photos, start=1):
        WoundPhoto.objects.create(
            facility_id=stay.facility_id,
            assessment=row,
            position=position,
            attachment=store_bytes(picture.data, content_type="image/jpeg", facility=stay.facility),
            width=picture.width,
            height=picture.height,
        )
    record("wound.record", by=by, of=wound, detail={"photos": len(photos), "state": row.state})
    return row


@transaction.atomic
def take_back_assessment(
    *, assessment: WoundAssessment, reason: str, by: User, key: uuid.UUID
) -> WoundAssessment:
    """It was another patient's, or another wound's: what was said and its photographs are shown no more, the rows stay.

    Its author alone takes it back; the same `key` again gives the same row.
    """
    _locked(assessment.wound.encounter_id)
    kept = WoundAssessment.objects.filter(facility_id=assessment.facility_id, key=key).first()
    if kept is not None:
        if kept.replaces_id != assessment.pk:
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return kept
    if assessment.author_id != by.pk:
        raise DomainError(
            _("%(name)s wrote this: ask them to take it back.") % {"name": assessment.author.full_name},
            code="other_person",
        )
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="note")
    if WoundAssessment.objects.filter(replaces=assessment).exists() or assessment.replaces_id is not None:
        raise Conflict(_("This was taken back already."), code="corrected")
    row = WoundAssessment.objects.create(
        facility_id=assessment.facility_id,
        wound_id=assessment.wound_id,
        happened_at=assessment.happened_at,
        state=State.ENTERED_IN_ERROR,
        note=reason.strip()[:300],
        author=by,
        key=key,
        replaces=assessment,
    )
    record("wound.take_back", by=by, of=assessment.wound)
    return row
