"""Verbs of scores: one is kept for each whole round, answered by a person, and taken back by a correction."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.monitoring import telling
from encounters.monitoring.models import EarlyWarning, Scale, ScaleChoice, WarningResponse
from encounters.monitoring.selectors.scoring import Score, choices_of, scaling_of, score, tables_of
from encounters.monitoring.selectors.warning import newest_warnings
from encounters.results.models import Observation
from encounters.results.services import record_vital_signs
from encounters.results.vital_signs import BY_LOINC
from encounters.visits.models import Encounter

LONGEST_COVER = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is stored of a round; `warning` where it was whole."""

    observations: list[Observation]
    warning: EarlyWarning | None


def score_now(encounter: Encounter, values: Mapping[str, Decimal], at: dt.datetime | None = None) -> Score:
    """What these numbers would score, before anything is stored."""
    on = timezone.localdate(at or now())
    choice = choices_of([encounter.pk]).get(encounter.pk)
    scaling = scaling_of(encounter, choice, on)
    return score(
        tables_of(encounter.facility_id, on),
        values,
        scale=scaling.scale,
        oxygen_scale=scaling.oxygen_scale,
        months=scaling.months,
    )


@transaction.atomic
def record_round(
    *,
    encounter: Encounter,
    values: Mapping[str, Decimal],
    by: User,
    key: uuid.UUID,
    effective_at: dt.datetime | None = None,
    confirmed: bool = False,
    late_reason: str = "",
    note: str = "",
) -> Recorded:
    """Store a round and keep its score, both or neither; the same key again gives the same answer.

    Raises what `record_vital_signs` raises: Unusual asks, DomainError refuses and names the field.
    """
    observations = record_vital_signs(
        encounter=encounter,
        values=values,
        by=by,
        effective_at=effective_at,
        batch=key,
        confirmed=confirmed,
        late_reason=late_reason,
        note=note,
    )
    return Recorded(observations, assess(encounter=encounter, batch=key))


@transaction.atomic
def assess(*, encounter: Encounter, batch: uuid.UUID) -> EarlyWarning | None:
    """Keep the score of a stored round; again, or after a correction, only where it says something else. Who has to come is
    told in the same transaction.
    """
    # One after the other for a stay: two deliveries of one fact keep one row, and the newest is the newest. Without the key:
    # whoever has just stored another round holds the stay's key, and both would wait for each other.
    locked = Encounter.objects.select_for_update(no_key=True).get(pk=encounter.pk)
    rows = list(Observation.objects.filter(encounter=locked, batch=batch, replaced_by=None).order_by("pk"))
    held = EarlyWarning.objects.filter(facility_id=locked.facility_id, batch=batch, replaced_by=None).first()
    if not rows:
        return held
    first = rows[0]
    values = {
        BY_LOINC[row.code].name: row.value
        for row in rows
        if row.status != Observation.Status.ENTERED_IN_ERROR and row.code in BY_LOINC
    }
    on = timezone.localdate(first.effective_at)
    # A round keeps the scale it was first scored by: a later choice doesn't reach back.
    choice = choices_of([locked.pk], at=rows[0].created_at if held is None else held.created_at).get(
        locked.pk
    )
    scaling = scaling_of(encounter, choice, on)
    found = score(
        tables_of(locked.facility_id, on),
        values,
        scale=scaling.scale,
        oxygen_scale=scaling.oxygen_scale,
        months=scaling.months,
    )
    if (held is None and found.total is None) or (held is not None and _says(held) == _would_say(found)):
        return held
    warning = EarlyWarning.objects.create(
        **_content(found, first.effective_at),
        facility_id=locked.facility_id,
        patient_id=locked.patient_id,
        encounter_id=locked.pk,
        batch=batch,
        measured_at=first.effective_at,
        performer_id=max(rows, key=lambda row: row.pk).performer_id,
        replaces=held,
    )
    record(
        "early_warning.make",
        of=warning,
        detail={"scale": warning.scale, "score": warning.score, "level": warning.level},
    )
    _tell_newest(encounter)
    return warning


def _content(found: Score, at: dt.datetime) -> dict[str, object]:
    asked = found.response
    return {
        "scale": found.scale,
        "oxygen_scale": found.oxygen_scale,
        "score": found.total,
        "level": found.level,
        "parts": _parts(found),
        "words": asked.words if asked else "",
        "role": asked.role if asked else "",
        "respond_by": at + dt.timedelta(minutes=asked.respond_minutes)
        if asked and asked.respond_minutes
        else None,
        "due_at": at + dt.timedelta(minutes=asked.every_minutes) if asked else None,
    }


def _parts(found: Score) -> list[dict[str, object]]:
    return [
        {"sign": part.sign.name, "value": f"{part.value.normalize():f}", "points": part.points}
        for part in found.parts
    ]


def _says(held: EarlyWarning) -> tuple[object, ...]:
    return (held.scale, held.oxygen_scale, held.score, held.parts if held.score is not None else [])


def _would_say(found: Score) -> tuple[object, ...]:
    parts = _parts(found) if found.total is not None else []
    return (found.scale, found.oxygen_scale, found.total, parts)


def _tell_newest(encounter: Encounter) -> None:
    """Only the newest score of a stay calls anybody: what arrives late is history."""
    telling.tell_of(encounter, newest_warnings([encounter.pk]).get(encounter.pk))


@transaction.atomic
def respond(
    *, warning: EarlyWarning, text: str, cover_minutes: int, by: User, key: uuid.UUID
) -> WarningResponse:
    """Say what is done about a score; it ends the calling. The same key again answers what is stored, though a newer score
    came meanwhile. A second answer to the same score is refused.
    """
    text = text.strip()
    known = WarningResponse.objects.filter(facility_id=warning.facility_id, key=key).first()
    if known is not None:
        if (known.warning_id, known.author_id, known.text) != (warning.pk, by.pk, text[:300]):
            raise Conflict(_("Something else was sent under the same key."), code="key_reused")
        return known
    if not text:
        raise DomainError(_("Say what is done."), code="text_missing", field="text")
    if not 0 <= cover_minutes <= LONGEST_COVER.total_seconds() / 60:
        raise DomainError(_("At most 24 hours."), code="cover", field="cover_minutes")
    newest = newest_warnings([warning.encounter_id]).get(warning.encounter_id)
    if newest is not None and newest.pk != warning.pk and newest.measured_at >= warning.measured_at:
        raise Conflict(_("There is a newer score: answer that one."), code="newer", field="text")
    at = now()
    try:
        with transaction.atomic():
            response = WarningResponse.objects.create(
                facility_id=warning.facility_id,
                warning=warning,
                author=by,
                answered_at=at,
                covers_until=at + dt.timedelta(minutes=cover_minutes),
                text=text[:300],
                key=key,
            )
    except IntegrityError as error:
        held = WarningResponse.objects.select_related("author").get(warning=warning)
        if (held.author_id, held.text) == (by.pk, text[:300]):
            return held
        said = {"name": held.author.full_name, "time": f"{timezone.localtime(held.answered_at):%H:%M}"}
        raise Conflict(_("%(name)s answered it at %(time)s already.") % said, code="answered") from error
    record("early_warning.reply", by=by, of=warning, detail={"score": warning.score, "level": warning.level})
    telling.stop(warning.encounter, by=by)
    return response


@transaction.atomic
def choose_scale(
    *, encounter: Encounter, scale: str, oxygen_scale: int, reason: str, by: User, key: uuid.UUID
) -> ScaleChoice:
    """Say by what the stay is scored from the next round on; the same key again gives the same answer."""
    stored = ScaleChoice.objects.filter(facility_id=encounter.facility_id, key=key).first()
    if stored is not None:
        if (stored.encounter_id, stored.scale, stored.oxygen_scale) != (encounter.pk, scale, oxygen_scale):
            raise Conflict(_("Another choice was sent under the same key."), code="key_reused")
        return stored
    if scale not in Scale.values or oxygen_scale not in {1, 2}:
        raise DomainError(_("There is no such scale."), code="unknown_scale", field="scale")
    if oxygen_scale == 2 and scale != Scale.NEWS2:
        raise DomainError(_("SpO2 scale 2 belongs to NEWS2."), code="not_of_scale", field="oxygen_scale")
    if not reason.strip():
        raise DomainError(_("Say why."), code="reason_missing", field="reason")
    if not encounter.is_open:
        raise DomainError(_("This stay has ended."), code="ended")
    choice = ScaleChoice.objects.create(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        scale=scale,
        oxygen_scale=oxygen_scale,
        reason=reason.strip()[:200],
        author=by,
        key=key,
    )
    record("scale_choice.make", by=by, of=encounter, detail={"scale": scale, "oxygen_scale": oxygen_scale})
    return choice
