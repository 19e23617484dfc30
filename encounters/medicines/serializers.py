"""Shape of what a device tells: the envelope of each act, and each kind's own facts. Times are ISO 8601 with their zone."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from emr.common.errors import DomainError
from encounters.medicines.models import InfusionStep, MedicationAdministration
from encounters.medicines.services import replay

Facts = serializers.Serializer[dict[str, Any]]
Amount = serializers.DecimalField
LONGEST_BATCH = 200


class Envelope(serializers.Serializer[dict[str, Any]]):
    """What every act has: its key made on the device, its kind, when it happened by the device's clock."""

    key = serializers.UUIDField()
    kind = serializers.CharField(max_length=20)
    happened_at = serializers.DateTimeField()


class Sending(serializers.Serializer[dict[str, Any]]):
    """One request: which device, when it sends by its own clock, its acts in the order in which they happened."""

    device = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    sent_at = serializers.DateTimeField()
    events = serializers.ListField(child=serializers.DictField(), max_length=LONGEST_BATCH)


def _text(longest: int) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True, default="")


class Giving(serializers.Serializer[dict[str, Any]]):
    """A dose went in. `stay` is whose wristband was scanned."""

    stay = serializers.UUIDField()
    dose = serializers.UUIDField()
    amount = Amount(max_digits=9, decimal_places=3, required=False, allow_null=True, default=None)
    how = serializers.ChoiceField(choices=MedicationAdministration.How.values, default="scan")
    hand_reason = _text(200)
    site = serializers.ChoiceField(
        choices=MedicationAdministration.Site.values, required=False, allow_blank=True, default=""
    )
    rate = _text(40)
    batch = _text(40)
    expires_on = serializers.DateField(required=False, allow_null=True, default=None)
    gtin = _text(14)
    serial = _text(20)
    note = _text(200)


class GivingWhenNeeded(Giving):
    """A medicine that is given when needed; `order` in the place of the dose."""

    dose = None  # type: ignore[assignment]  # how DRF leaves a field of the parent out
    order = serializers.UUIDField()


class NotGiving(serializers.Serializer[dict[str, Any]]):
    """A dose didn't go in, and why: a code of the facility's list."""

    stay = serializers.UUIDField()
    dose = serializers.UUIDField()
    reason = serializers.CharField(max_length=30)
    note = _text(200)


class Step(serializers.Serializer[dict[str, Any]]):
    """A step of an infusion; `giving` is the key under which it was begun."""

    stay = serializers.UUIDField()
    giving = serializers.UUIDField()
    step = serializers.ChoiceField(choices=[kind for kind in InfusionStep.Kind.values if kind != "start"])
    rate = _text(40)
    volume_ml = Amount(max_digits=7, decimal_places=1, required=False, allow_null=True, default=None)
    is_partial = serializers.BooleanField(default=False)
    note = _text(200)


class VitalSigns(serializers.Serializer[dict[str, Any]]):
    """A round of vital signs: {name: number}."""

    stay = serializers.UUIDField()
    values = serializers.DictField(child=Amount(max_digits=9, decimal_places=3), allow_empty=False)
    late_reason = _text(200)
    note = _text(200)


def said_of(errors: Any) -> str:
    """The errors on one line, each with its field."""
    if isinstance(errors, dict):
        return "; ".join(f"{name}: {said_of(said)}" for name, said in errors.items())
    if isinstance(errors, list):
        return " ".join(said_of(said) for said in errors)
    return str(errors)


def read_sent(event: Mapping[str, Any]) -> replay.Sent:
    """One act as it was sent. What has a key can be answered, whatever else it lacks."""
    head = Envelope(data=event)
    body = {name: value for name, value in event.items() if name not in {"key", "kind", "happened_at"}}
    if head.is_valid():
        told = head.validated_data
        return replay.Sent(told["key"], told["kind"], told["happened_at"], body)
    said_key = str(event.get("key", ""))[:40]
    return replay.Sent(None, "", dt.datetime.min.replace(tzinfo=dt.UTC), body, said_of(head.errors), said_key)


def reader(shape: type[Facts]) -> replay.Read:
    """What makes facts of an act of this shape; raises DomainError `unreadable`."""

    def read(body: Mapping[str, Any]) -> Mapping[str, Any]:
        facts = shape(data=body)
        if not facts.is_valid():
            raise DomainError(said_of(facts.errors), code="unreadable")
        found: Mapping[str, Any] = facts.validated_data
        return found

    return read


for _name, _shape, _act in (
    ("give", Giving, replay.give_told),
    ("give-needed", GivingWhenNeeded, replay.give_needed_told),
    ("not-given", NotGiving, replay.not_given_told),
    ("step", Step, replay.step_told),
    ("vital-signs", VitalSigns, replay.vital_signs_told),
):
    replay.register_kind(_name, reader(_shape), _act)
