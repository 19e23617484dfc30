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
from encounters.results.vital_signs import BY_LOINC, VITAL_SIGNS, VitalSign
from encounters.visits.models import Encounter

_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=5)


class Unusual(DomainError):
    """Possible, but rarely right: the person is asked, and sends the same again with `confirmed`."""

    def __init__(self, questions: list[str]) -> None:
        self.questions = questions
        super().__init__(" ".join(questions), code="unusual")


def _shown(sign: VitalSign, value: Decimal) -> str:
    return f"{value:.{sign.decimals}f} {sign.unit}".replace(".", ",")


def _check(values: Mapping[str, Decimal], *, confirmed: bool) -> None:
    questions = []
    for name, value in values.items():
        sign = VITAL_SIGNS[name]
        shown = {"sign": str(sign.title), "value": _shown(sign, value)}
        if not sign.possible[0] <= value <= sign.possible[1]:
            raise DomainError(_("%(sign)s %(value)s is not possible.") % shown, code="impossible", field=name)
        if not sign.usual[0] <= value <= sign.usual[1]:
            questions.append(_("%(sign)s %(value)s: is that right?") % shown)
    if {"systolic", "diastolic"} <= values.keys() and values["systolic"] <= values["diastolic"]:
        raise DomainError(
            _("The systolic pressure is above the diastolic."), code="impossible", field="systolic"
        )
    if ("systolic" in values) != ("diastolic" in values):
        raise DomainError(_("Blood pressure has two numbers."), code="incomplete", field="diastolic")
    if questions and not confirmed:
        raise Unusual(questions)


def _check_time(encounter: Encounter, effective_at: dt.datetime, late_reason: str) -> None:
    if effective_at > now() + _CLOCKS_MAY_DIFFER:
        raise DomainError(_("This time lies in the future."), code="future", field="effective_at")
    if effective_at < encounter.started_at:
        raise DomainError(
            _("This time lies before the patient came."), code="before_stay", field="effective_at"
        )
    if encounter.ended_at and effective_at > encounter.ended_at:
        raise DomainError(
            _("This time lies after the patient left."), code="after_stay", field="effective_at"
        )
    hours = late_after_hours(encounter.facility_id)
    if now() - effective_at > dt.timedelta(hours=hours) and not late_reason.strip():
        message = _("It was measured more than %(hours)d hours ago: say why it is entered late.")
        raise DomainError(message % {"hours": hours}, code="late", field="late_reason")


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

    `values`: {name of VITAL_SIGNS: number in its unit}. Raises Unusual (asks), DomainError (refuses, naming the field).
    """
    key, at = batch or uuid.uuid4(), effective_at or now()
    stored = list(Observation.objects.filter(encounter=encounter, batch=key, replaces=None))
    if stored:
        if {BY_LOINC[o.code].name: o.value for o in stored} != dict(values):
            raise Conflict(_("Other numbers were sent under the same key."), code="key_reused")
        return stored
    if not values:
        raise DomainError(_("Enter at least one number."), code="empty")
    if encounter.status in {"cancelled", "entered-in-error"}:
        raise DomainError(_("This stay was cancelled: nothing can be written on it."), code="cancelled")
    _check(values, confirmed=confirmed)
    _check_time(encounter, at, late_reason)
    try:
        with transaction.atomic():
            observations = Observation.objects.bulk_create(
                [
                    Observation(
                        facility_id=encounter.facility_id,
                        patient_id=encounter.patient_id,
                        encounter=encounter,
                        code=VITAL_SIGNS[name].loinc,
                        value=value,
                        unit=VITAL_SIGNS[name].ucum,
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
        return list(Observation.objects.filter(encounter=encounter, batch=key, replaces=None))
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
    return correction
