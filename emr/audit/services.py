"""Writing the log and linking its chain."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, models, transaction

from emr.audit import spool
from emr.audit.chain import GENESIS, event_digest, head_folder, link_hash
from emr.audit.models import SHARDS, AuditEvent, AuditLink, SpoolTaken
from emr.common.clock import now
from emr.common.context import acting

if TYPE_CHECKING:
    from emr.accounts.models import User

_BATCH = 2000

# (who acts, the patient's id) -> what every line about that patient says besides: by which paper the person may look.
Besides = Callable[["User", int], dict[str, Any]]
_besides: dict[str, Besides] = {}


def register_besides(name: str, say: Besides) -> None:
    """Let a room add to the detail of each line about a patient; the same name again replaces it."""
    _besides[name] = say


def _said_besides(by: "User | None", subject_id: int | None) -> dict[str, Any]:
    if by is None or subject_id is None:
        return {}
    return {name: value for say in _besides.values() for name, value in say(by, subject_id).items()}


def record(
    action: str,
    *,
    by: "User | None" = None,
    of: models.Model | None = None,
    patient: models.Model | None = None,
    outcome: str = AuditEvent.Outcome.SUCCESS,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one line in the present transaction: what fails to be logged does not happen (S-56).

    `action` is "<noun>.<verb>" ("patient.read"); `detail` holds ids, counts and codes, never clinical text.
    `patient` is taken from `of` where that has one.
    """
    columns = _columns(action, by=by, of=of, patient=patient, outcome=outcome, detail=detail)
    may_wait = spool.may_wait(action, outcome)
    if may_wait and spool.is_full():
        spool.keep(columns)
        return
    try:
        _write(columns)
    except DatabaseError as error:
        if not spool.takes_nothing(error):
            raise
        spool.set_full()
        if not may_wait or connection.in_atomic_block:
            raise
        spool.keep(columns)


def _columns(
    action: str,
    *,
    by: "User | None",
    of: models.Model | None,
    patient: models.Model | None,
    outcome: str = AuditEvent.Outcome.SUCCESS,
    detail: dict[str, Any] | None = None,
) -> dict[str, Any]:
    context = acting()
    subject_id = getattr(patient, "pk", None) or getattr(of, "patient_id", None)
    return {
        "action": action,
        "outcome": outcome,
        "facility_id": getattr(by, "facility_id", None) or getattr(of, "facility_id", None),
        "agent_id": by.pk if by is not None else context.user_id,
        "agent_name": by.username if by is not None else context.username,
        "patient_id": subject_id,
        "entity_type": of._meta.label if of is not None else "",
        "entity_id": of.pk if of is not None else None,
        "entity_uuid": getattr(of, "uuid", None),
        # What a stranger sent may be quoted; jsonb holds no NUL, and a line isn't lost for one (S-56).
        "detail": json.dumps(
            (detail or {}) | _said_besides(by, subject_id), default=str, ensure_ascii=False
        ).replace("\\u0000", "\ufffd"),
        "request_id": context.request_id,
        "address": context.address,
        "device": context.device,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What `record` takes, for one of many lines."""

    action: str
    of: models.Model
    patient: models.Model | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def record_many(lines: Sequence[Line], *, by: "User | None") -> None:
    """Write the lines of many changes at once, in their order: as `record` for each, in one statement.

    For changes alone, inside their transaction: without their lines they don't happen.
    """
    if not lines:
        return
    columns = [
        _columns(line.action, by=by, of=line.of, patient=line.patient, detail=line.detail) for line in lines
    ]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_MANY, [json.dumps(columns, default=str, ensure_ascii=False)])
    except DatabaseError as error:
        if spool.takes_nothing(error):
            spool.set_full()
        raise


_COLUMNS = ["action", "outcome", "facility_id", "agent_id", "agent_name", "patient_id", "entity_type"]
_COLUMNS += ["entity_id", "entity_uuid", "detail", "request_id", "address", "device"]
_INSERT = (
    f"INSERT INTO audit_event ({', '.join(_COLUMNS)})"  # noqa: S608  our own names
    f" VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)

# `detail` is JSON inside JSON, as text: what PostgreSQL reads of it is what `_INSERT` would have given it.
_INSERT_MANY = f"""
INSERT INTO audit_event ({", ".join(_COLUMNS)})
SELECT action, outcome, facility_id, agent_id, agent_name, patient_id, entity_type, entity_id, entity_uuid,
    detail::jsonb, request_id, address, device
FROM ROWS FROM (jsonb_to_recordset(%s) AS (action text, outcome text, facility_id bigint, agent_id bigint,
    agent_name text, patient_id bigint, entity_type text, entity_id bigint, entity_uuid uuid, detail text,
    request_id text, address text, device text)) WITH ORDINALITY
ORDER BY ordinality
"""  # noqa: S608  our own names


def _write(*lines: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for columns in lines:
            cursor.execute(_INSERT, [columns[name] for name in _COLUMNS])


def take_in() -> int:
    """Take in what was kept in files while the database took nothing, in order and once; returns how many lines.

    The lines bear the time of taking in, as every line does that the database stamps; `happened_at` says when it was.
    """
    if not spool.is_time_to_try():
        return 0
    count = 0
    try:
        for file in spool.set_aside():
            count += _take(file)
        if spool.is_full():
            record("audit.take_in", detail={"lines": count})  # the proof that it takes lines again
    except DatabaseError as error:
        if not spool.takes_nothing(error):
            raise
        spool.set_full()
        return count
    spool.clear_full()
    return count


def _take(file: Path) -> int:
    text = file.read_bytes()
    lines = spool.lines_in(text.decode("utf-8", errors="replace"))
    with transaction.atomic():
        _row, is_new = SpoolTaken.objects.get_or_create(
            name=file.name, defaults={"sha256": hashlib.sha256(text).hexdigest(), "line_count": len(lines)}
        )
        if is_new:
            _write(*[_as_told(line) for line in lines])
    # Killed between the commit and this, the next run finds the file's name taken in and only removes it.
    file.unlink()
    return len(lines) if is_new else 0


def _as_told(line: dict[str, Any]) -> dict[str, Any]:
    told = {"spooled": line["spool"], "happened_at": line["happened_at"]}
    return line | {"detail": json.dumps(json.loads(line["detail"]) | told, ensure_ascii=False)}


def _keep_head(link: AuditLink) -> None:
    folder = head_folder()
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps(
        {
            "shard": link.shard,
            "sequence": link.sequence,
            "hash": link.hash,
            "linked_at": link.linked_at.isoformat(),
        }
    )
    with (folder / f"heads-{link.linked_at:%Y-%m}.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def link_shard(shard: int) -> int:
    """Link what the shard has pending; returns how many events. Two linkers never meet in one shard."""
    link = None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(2094071, %s)", [shard])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "SELECT event_id, recorded_at FROM audit_pending WHERE shard = %s ORDER BY event_id LIMIT %s",
            [shard, _BATCH],
        )
        pending = cursor.fetchall()
        if not pending:
            return 0
        ids = [event_id for event_id, _ in pending]
        first, last = min(at for _, at in pending), max(at for _, at in pending)
        rows = AuditEvent.objects.filter(id__in=ids, recorded_at__range=(first, last)).order_by("id").values()
        digests = {row["id"]: event_digest(row) for row in rows}
        present = [event_id for event_id in ids if event_id in digests]
        head = AuditLink.objects.filter(shard=shard).order_by("-sequence").first()
        sequence, previous = (head.sequence + 1, head.hash) if head else (1, GENESIS)
        if present:
            link = AuditLink.objects.create(
                shard=shard,
                sequence=sequence,
                event_ids=present,
                first_recorded_at=first,
                last_recorded_at=last,
                previous_hash=previous,
                hash=link_hash(shard, sequence, previous, [digests[event_id] for event_id in present]),
                linked_at=now(),
            )
        cursor.execute("DELETE FROM audit_pending WHERE event_id = ANY(%s)", [ids])
    if link is not None:
        _keep_head(link)
    return len(pending)


def link_all() -> int:
    """Link every shard until nothing waits; returns how many events."""
    total = 0
    for shard in range(SHARDS):
        while count := link_shard(shard):
            total += count
            if count < _BATCH:
                break
    return total


def prepare_partitions(months_ahead: int = 3) -> None:
    """Make the coming months' partitions; the function belongs to the owner, since the application may not make tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_prepare_partitions(%s)", [months_ahead])
