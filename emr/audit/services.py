"""Writing the log and linking its chain."""

import json
import os
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction

from emr.audit.chain import GENESIS, event_digest, head_folder, link_hash
from emr.audit.models import SHARDS, AuditEvent, AuditLink
from emr.common.clock import now
from emr.common.context import acting

if TYPE_CHECKING:
    from emr.accounts.models import User

_BATCH = 2000


def record(
    action: str,
    *,
    by: "User | None" = None,
    of: models.Model | None = None,
    patient: models.Model | None = None,
    outcome: str = AuditEvent.Outcome.SUCCESS,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one line in the present transaction: what fails to be logged does not happen.

    `action` is "<noun>.<verb>" ("patient.read"); `detail` holds ids, counts and codes, never clinical text.
    `patient` is taken from `of` where that has one.
    """
    context = acting()
    subject_id = getattr(patient, "pk", None) or getattr(of, "patient_id", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (action, outcome, facility_id, agent_id, agent_name, patient_id, entity_type,"
            " entity_id, entity_uuid, detail, request_id, address, device) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
            [
                action,
                outcome,
                getattr(by, "facility_id", None) or getattr(of, "facility_id", None),
                by.pk if by is not None else context.user_id,
                by.username if by is not None else context.username,
                subject_id,
                of._meta.label if of is not None else "",
                of.pk if of is not None else None,
                getattr(of, "uuid", None),
                json.dumps(detail or {}, default=str, ensure_ascii=False),
                context.request_id,
                context.address,
                context.device,
            ],
        )


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
