"""What stands in tables, told so that two ways to write the same can be compared: keys as places, no clocks."""

import re
from typing import Any

from django.db import models

# What differs between any two runs: keys drawn from sequences, clocks, and who had the connection.
_DIFFERS = {
    "id", "uuid", "created_at", "entered_at", "recorded_at", "transaction_id", "shard", "request_id", "entity_uuid",
    "available_at",
}  # fmt: skip
_SUBJECTS = {"patient": "registry.Patient", "encounter": "visits.Encounter", "team": "visits.Encounter"}
_NAMED = re.compile(r"\b(patient|encounter|team):(\d+)")


def written(*kinds: type[models.Model]) -> dict[str, list[dict[str, Any]]]:
    """{model: its rows in the order they were written}; the log's lines and facts in the order of their words."""
    rows = {kind._meta.label: list(kind._default_manager.order_by("pk").values()) for kind in kinds}
    places = {
        (label, row["id"]): f"{label} no. {place}"
        for label, found in rows.items()
        for place, row in enumerate(found)
    }
    told: dict[str, list[dict[str, Any]]] = {}
    for kind in kinds:
        label = kind._meta.label
        told[label] = [_told(kind, row, places) for row in rows[label]]
        if label.startswith(("audit.", "outbox.")):
            told[label].sort(key=repr)
    return told


def _told(
    kind: type[models.Model], row: dict[str, Any], places: dict[tuple[str, int], str]
) -> dict[str, Any]:
    targets = {
        field.attname: field.related_model._meta.label
        for field in kind._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and isinstance(field.related_model, type)
    }
    targets |= {"entity_id": row.get("entity_type", ""), "patient_id": "registry.Patient"}
    targets["row_id"] = {"registry_identifier": "registry.Identifier"}.get(row.get("table_name", ""), "")
    return {
        name: _plain(places.get((targets[name], value), value) if name in targets else value, places)
        for name, value in row.items()
        if name not in _DIFFERS
    }


def _plain(value: Any, places: dict[tuple[str, int], str]) -> Any:
    if isinstance(value, dict):
        keys = {"patient_id": "registry.Patient", "encounter_id": "visits.Encounter"}
        keys["condition_id"] = "visits.Condition"
        return {
            name: places.get((keys[name], inner), inner) if name in keys else _plain(inner, places)
            for name, inner in value.items()
            if name not in _DIFFERS
        }
    if isinstance(value, str):
        return _NAMED.sub(lambda m: str(places.get((_SUBJECTS[m[1]], int(m[2])), m[0])), value)
    return value
