"""Questions to the log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from emr.audit.chain import GENESIS, event_digest, head_folder, link_hash
from emr.audit.models import SHARDS, AuditEvent, AuditLink

_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Breach:
    """A place where the log isn't what it was."""

    shard: int
    sequence: int
    reason: str
    event_ids: tuple[int, ...] = ()


def _kept_heads() -> dict[int, dict[int, str]]:
    heads: dict[int, dict[int, str]] = {}
    for path in sorted(head_folder().glob("heads-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the power failed in the middle of a line; the link itself is in the database
                continue
            heads.setdefault(entry["shard"], {})[entry["sequence"]] = entry["hash"]
    return heads


def _walk_shard(shard: int, kept: dict[int, str]) -> Iterator[Breach]:
    previous, expected = GENESIS, 1
    for link in AuditLink.objects.filter(shard=shard).order_by("sequence").iterator(chunk_size=500):
        if link.sequence != expected or link.previous_hash != previous:
            yield Breach(shard, expected, "a link is missing")
            expected = link.sequence
        rows = AuditEvent.objects.filter(
            id__in=link.event_ids, recorded_at__range=(link.first_recorded_at, link.last_recorded_at)
        ).values()
        digests = {row["id"]: event_digest(row) for row in rows}
        if gone := [event_id for event_id in link.event_ids if event_id not in digests]:
            yield Breach(shard, link.sequence, "events were removed", tuple(gone))
        elif (
            link_hash(shard, link.sequence, link.previous_hash, [digests[i] for i in link.event_ids])
            != link.hash
        ):
            yield Breach(shard, link.sequence, "an event was changed", tuple(link.event_ids))
        if kept.get(link.sequence, link.hash) != link.hash:
            yield Breach(shard, link.sequence, "the link differs from the head kept outside the database")
        previous, expected = link.hash, link.sequence + 1
    if kept and max(kept) >= expected:
        yield Breach(shard, expected, "the end of the chain was cut off")


def breaches() -> Iterator[Breach]:
    """Walk the whole chain; yields every place that was changed, removed, inserted or cut off. Nothing means intact."""
    kept = _kept_heads()
    for shard in range(SHARDS):
        yield from _walk_shard(shard, kept.get(shard, {}))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.shard, e.id FROM audit_event e WHERE e.recorded_at < now() - make_interval(secs => %s)"
            " AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.id)"
            " AND e.id NOT IN (SELECT unnest(event_ids) FROM audit_auditlink) ORDER BY e.id LIMIT 100",
            [_GRACE_SECONDS],
        )
        for shard, event_id in cursor.fetchall():
            yield Breach(shard, 0, "an event was inserted behind the chain's back", (event_id,))


def unlinked_count() -> int:
    """How many events wait to be linked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_pending")
        return int(cursor.fetchone()[0])
