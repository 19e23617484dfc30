"""Verbs of measurements."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from encounters.documents.services import late_after_hours
from encounters.results.models import Observation
from encounters.results.vital_signs import BY_LOINC, SIGNS, VitalSign
from encounters.visits.models import Encounter

_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)
_A_DAY = dt.timedelta(days=1)


class Unusual(DomainError):
    """Possible, but rarely right: the person is asked, and sends the same again with `confirmed`."""

    def __init__(self, questions: list[str]) -> None:
        self.questions = questions
        super().__init__(" ".join(questions), code="unusual")


def _shown(sign: VitalSign, value: Decimal) -> str:
    return f"{sign.words(value)} {sign.unit}".strip()


def _before(encounter: Encounter, values: Mapping[str, Decimal], at: dt.datetime) -> dict[str, Decimal]:
    """The last value of each within the day before, of those whose steps are asked about: one query."""
    codes = [SIGNS[name].loinc for name in values if SIGNS[name].step is not None]
    found = Observation.objects.filter(
        encounter=encounter,
        code__in=codes,
        replaced_by=None,
        effective_at__lt=at,
        effective_at__gte=at - _A_DAY,
    ).exclude(status=Observation.Status.ENTERED_IN_ERROR)
    rows = found.order_by("effective_at", "pk").values_list("code", "value")
    return {BY_LOINC[code].name: value for code, value in rows}


def check_values(
    values: Mapping[str, Decimal], *, confirmed: bool, before: Mapping[str, Decimal] | None = None
) -> None:
    """Raise DomainError for what can't be, and Unusual (unless `confirmed`) for what is rare or far from `before`."""
    questions = []
    for name, value in values.items():
        sign = SIGNS[name]
        shown = {"sign": str(sign.title), "value": _shown(sign, value)}
        if not sign.possible[0] <= value <= sign.possible[1]:
            raise DomainError(_("%(sign)s %(value)s is not possible.") % shown, code="impossible", field=name)
        if not sign.usual[0] <= value <= sign.usual[1]:
            questions.append(_("%(sign)s %(value)s: is that right?") % shown)
        elif sign.step is not None and before and name in before and abs(value - before[name]) > sign.step:
            shown["before"] = _shown(sign, before[name])
            questions.append(_("%(sign)s %(value)s, last time %(before)s: is that right?") % shown)
    if {"systolic", "diastolic"} <= values.keys() and values["systolic"] <= values["diastolic"]:
        raise DomainError(
            _("The systolic pressure is above the diastolic."), code="impossible", field="systolic"
        )
    if ("systolic" in values) != ("diastolic" in values):
        raise DomainError(_("Blood pressure has two numbers."), code="incomplete", field="diastolic")
    if questions and not confirmed:
        raise Unusual(questions)


def check_time(
    encounter: Encounter, effective_at: dt.datetime, late_reason: str, *, field: str = "effective_at"
) -> None:
    """Raise DomainError for a time outside the stay, in the future, or long ago without a reason; `field` is its input."""
    if effective_at > now() + _CLOCKS_MAY_DIFFER:
        raise DomainError(_("This time lies in the future."), code="future", field=field)
    if effective_at < encounter.started_at:
        raise DomainError(_("This time lies before the patient came."), code="before_stay", field=field)
    if encounter.ended_at and effective_at > encounter.ended_at:
        raise DomainError(_("This time lies after the patient left."), code="after_stay", field=field)
    hours = late_after_hours(encounter.facility_id)
    if now() - effective_at > dt.timedelta(hours=hours) and not late_reason.strip():
        message = _("It was measured more than %(hours)d hours ago: say why it is entered late.")
        raise DomainError(message % {"hours": hours}, code="late", field="late_reason")


def _stored(encounter: Encounter, key: uuid.UUID, values: Mapping[str, Decimal]) -> list[Observation]:
    """What is stored under the key; raises Conflict where it is something else."""
    stored = list(
        Observation.objects.filter(facility_id=encounter.facility_id, batch=key, replaces=None).order_by("pk")
    )
    others = [row for row in stored if row.encounter_id != encounter.pk]
    if others or (stored and {BY_LOINC[row.code].name: row.value for row in stored} != dict(values)):
        raise Conflict(_("Other numbers were sent under the same key."), code="key_reused")
    return stored


@transaction.atomic
def record_vital_signs(
    *,
    encounter: Encounter,
    values: Mapping[str, Decimal],
    by: User,
    effective_at: dt.datetime | None = None,
    batch: uuid.UUID | None = None,
    confirmed: bool = False,
    late_reason: str = "",
    note: str = "",
) -> list[Observation]:
    """Store one round of vital signs, each a row; the same `batch` again answers what is stored and adds nothing.

    `values`: {name of SIGNS: number in its unit}. Raises Unusual (asks), DomainError (refuses, naming the field), Conflict
    for a key under which other numbers, or another stay's, are stored.
    """
    key, at = batch or uuid.uuid4(), effective_at or now()
    if stored := _stored(encounter, key, values):
        return stored
    if not values:
        raise DomainError(_("Enter at least one number."), code="empty")
    if encounter.status in {"cancelled", "entered-in-error"}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    check_values(values, confirmed=confirmed, before=None if confirmed else _before(encounter, values, at))
    check_time(encounter, at, late_reason)
    try:
        with transaction.atomic():
            observations = Observation.objects.bulk_create(
                [
                    Observation(
                        facility_id=encounter.facility_id,
                        patient_id=encounter.patient_id,
                        encounter=encounter,
                        code=SIGNS[name].loinc,
                        value=value,
                        unit=SIGNS[name].ucum,
                        effective_at=at,
                        performer=by,
                        batch=key,
                        late_reason=late_reason.strip(),
                        note=note.strip(),
                    )
                    for name, value in values.items()
                ]
            )
    except IntegrityError:
        # The same key on another line at the same moment: what the other stored is the answer.
        return _stored(encounter, key, values)
    record("vital_signs.record", by=by, of=encounter, detail={"batch": str(key), "count": len(observations)})
    publish(
        "vital_signs.recorded",
        order_key=f"encounter:{encounter.pk}",
        encounter_id=encounter.pk,
        batch=str(key),
    )
    return observations


@transaction.atomic
def correct_observation(
    *, observation: Observation, by: User, reason: str, value: Decimal | None = None
) -> Observation:
    """Replace a value by the right one, or (without `value`) say that it was entered in error. The old row stays."""
    if not reason.strip():
        raise DomainError(_("Say what was wrong."), code="reason_missing", field="reason")
    sign = BY_LOINC[observation.code]
    if value is not None and not sign.possible[0] <= value <= sign.possible[1]:
        shown = {"sign": str(sign.title), "value": _shown(sign, value)}
        raise DomainError(_("%(sign)s %(value)s is not possible.") % shown, code="impossible", field="value")
    try:
        with transaction.atomic():
            correction = Observation.objects.create(
                facility_id=observation.facility_id,
                patient_id=observation.patient_id,
                encounter_id=observation.encounter_id,
                code=observation.code,
                value=observation.value if value is None else value,
                unit=observation.unit,
                status=Observation.Status.ENTERED_IN_ERROR if value is None else Observation.Status.CORRECTED,
                effective_at=observation.effective_at,
                performer=by,
                note=reason.strip()[:200],
                batch=observation.batch,
                replaces=observation,
            )
    except IntegrityError as error:
        later = Observation.objects.select_related("performer").get(replaces=observation)
        said = {"name": later.performer.full_name, "time": f"{timezone.localtime(later.created_at):%H:%M}"}
        raise Conflict(_("%(name)s corrected it at %(time)s already.") % said, code="corrected") from error
    record("observation.correct", by=by, of=correction)
    publish(
        "vital_signs.corrected",
        order_key=f"encounter:{observation.encounter_id}",
        encounter_id=observation.encounter_id,
        batch=str(observation.batch),
    )
    return correction
