"""The arithmetic of the chain: what a link's hash covers, and where its head is kept."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from emr.audit.models import AuditEvent

GENESIS = "0" * 64
_COLUMNS = [str(field.column) for field in AuditEvent._meta.concrete_fields]


def _canonical(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, (dict, list, int, str)) or value is None:
        return value
    return str(value)


def event_digest(row: Mapping[str, Any]) -> str:
    """SHA-256 over every column of the event, in the columns' order."""
    text = json.dumps([_canonical(row[column]) for column in _COLUMNS], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def link_hash(shard: int, sequence: int, previous_hash: str, digests: list[str]) -> str:
    """SHA-256 over the place in the chain, the link before, and the digests of the events linked here."""
    return hashlib.sha256(
        "\n".join([str(shard), str(sequence), previous_hash, *digests]).encode()
    ).hexdigest()


def head_folder() -> Path:
    """Where the chain's heads are kept outside the database."""
    return Path(settings.EMR_HOME) / "audit"
