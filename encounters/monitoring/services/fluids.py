"""Verbs of the fluid balance."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.monitoring.models import FluidEntry
from encounters.monitoring.models.fluids import LARGEST
from encounters.results.services import Unusual
from encounters.results.services.measuring import check_time
from encounters.visits.fluids import inflows_of
from encounters.visits.models import Encounter

# Asked about from there on: a litre and a half at once is rare, ten times as much as meant isn't.
USUAL = 1500
# The same millilitres within that time of an infusion's reading are asked about: they count already.
_SAME = dt.timedelta(hours=2)


def _check_volume(volume: int) -> None:
    if not 0 < volume <= LARGEST:
        raise DomainError(
            _("An amount is between 1 and %(most)d mL.") % {"most": LARGEST},
            code="impossible",
            field="volume",
        )


def _ask(encounter: Encounter, kind: str, volume: int, at: dt.datetime) -> None:
    questions = []
    if volume > USUAL:
        questions.append(_("%(volume)d mL at once: is that right?") % {"volume": volume})
    for known in inflows_of(encounter, at - _SAME, at + _SAME):
        if (known.kind, known.volume) == (kind, volume):
            said = {"source": known.source, "time": f"{timezone.localtime(known.happened_at):%H:%M}"}
            questions.append(_("%(source)s, %(time)s, counts already: is this another one?") % said)
    if questions:
        raise Unusual(questions)


@transaction.atomic
def record_fluid(
    *,
    encounter: Encounter,
    kind: str,
    volume: int,
    by: User,
    key: uuid.UUID,
    happened_at: dt.datetime | None = None,
    note: str = "",
    late_reason: str = "",
    confirmed: bool = False,
) -> FluidEntry:
    """Store one amount in mL; the same key again answers what is stored. Raises Unusual (asks), DomainError, Conflict."""
    at = happened_at or now()
    wanted = (encounter.pk, kind, volume)
    if stored := _stored(encounter, key, wanted):
        return stored
    if kind not in FluidEntry.Kind.values:
        raise DomainError(_("There is no such kind of fluid."), code="unknown_kind", field="kind")
    if encounter.status in {"cancelled", "entered-in-error"}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    _check_volume(volume)
    if not confirmed:
        _ask(encounter, kind, volume, at)
    check_time(encounter, at, late_reason, field="happened_at")
    try:
        with transaction.atomic():
            entry = FluidEntry.objects.create(
                facility_id=encounter.facility_id,
                patient_id=encounter.patient_id,
                encounter=encounter,
                kind=kind,
                volume=volume,
                happened_at=at,
                author=by,
                note=note.strip()[:200],
                late_reason=late_reason.strip()[:200],
                key=key,
            )
    except IntegrityError:
        # The same key on another line at the same moment.
        if stored := _stored(encounter, key, wanted):
            return stored
        raise
    record("fluid.record", by=by, of=entry, detail={"kind": kind, "volume": volume})
    return entry


def _stored(encounter: Encounter, key: uuid.UUID, wanted: tuple[int, str, int]) -> FluidEntry | None:
    stored = FluidEntry.objects.filter(facility_id=encounter.facility_id, key=key).first()
    if stored is not None and (stored.encounter_id, stored.kind, stored.volume) != wanted:
        raise Conflict(_("Something else was sent under the same key."), code="key_reused")
    return stored


@transaction.atomic
def correct_fluid(*, entry: FluidEntry, by: User, reason: str, key: uuid.UUID, volume: int = 0) -> FluidEntry:
    """Replace an amount by the right one, or (without `volume`) take it back. The old row stays."""
    if stored := _stored(entry.encounter, key, (entry.encounter_id, entry.kind, volume)):
        return stored
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    if volume:
        _check_volume(volume)
    try:
        with transaction.atomic():
            correction = FluidEntry.objects.create(
                facility_id=entry.facility_id,
                patient_id=entry.patient_id,
                encounter_id=entry.encounter_id,
                kind=entry.kind,
                volume=volume,
                happened_at=entry.happened_at,
                author=by,
                note=reason.strip()[:200],
                key=key,
                replaces=entry,
            )
    except IntegrityError as error:
        later = FluidEntry.objects.select_related("author").get(replaces=entry)
        said = {"name": later.author.full_name, "time": f"{timezone.localtime(later.created_at):%H:%M}"}
        raise Conflict(_("%(name)s corrected it at %(time)s already.") % said, code="corrected") from error
    record("fluid.correct", by=by, of=correction, detail={"volume": volume})
    return correction
