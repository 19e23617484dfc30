"""Questions about the log's seals and extracts."""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import Q, QuerySet
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.chain import head_folder
from emr.audit.models import AuditLink
from emr.audit.selectors import Breach
from emr.common.clock import local_today, now
from emr.outbox.models import OutboxEvent
from signatures.certificates.trust import trust_roots
from signatures.sealing.models import AuditSeal, ConfirmationSeal, LogExtract
from signatures.sealing.statements import (
    NONE_BEFORE,
    Head,
    read_statement,
    signature_problem,
    token_problem,
)

# A seal made later than this after its day was caught up: lawful, and where somebody would hide a rewritten log.
LATE = dt.timedelta(days=2)


def seals_file() -> Path:
    """Where the seals' digests are kept outside the database."""
    return head_folder() / "seals.jsonl"


def end_of(day: dt.date) -> dt.datetime:
    """The midnight that ends a local day."""
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))


def heads_at(moment: dt.datetime) -> list[Head]:
    """The last link of each chain that was there by then."""
    links = AuditLink.objects.filter(linked_at__lt=moment).order_by("shard", "-sequence").distinct("shard")
    return [Head(link.shard, link.sequence, link.hash) for link in links]


def days_to_seal() -> list[dt.date]:
    """The days up to yesterday that no seal covers yet, oldest first: from the last seal on, or the first link."""
    last = AuditSeal.objects.order_by("-day").first()
    if last is not None:
        first = last.day + dt.timedelta(days=1)
    elif link := AuditLink.objects.order_by("linked_at").first():
        first = timezone.localtime(link.linked_at).date()
    else:
        return []
    return [first + dt.timedelta(days=ahead) for ahead in range((local_today() - first).days)]


def _kept_digests() -> dict[str, str]:
    kept: dict[str, str] = {}
    if not seals_file().exists():
        return kept
    for line in seals_file().read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # the power failed in the middle of a line; the seal itself is in the database
            continue
        kept[entry["day"]] = entry["sha256"]
    return kept


def walk_seals() -> Iterator[Breach]:
    """Every seal against its signature, its timestamp, the seal before and the chain as it is now, oldest first."""
    roots = [root.public_bytes(Encoding.DER) for root in trust_roots()]
    kept, before, expected = _kept_digests(), NONE_BEFORE, None
    for seal in AuditSeal.objects.select_related("timestamp").order_by("day").iterator(chunk_size=200):
        day = seal.day.isoformat()
        if expected is not None and seal.day != expected:
            yield Breach(-1, 0, "a day's seal is missing", day=expected.isoformat())
        for reason in _problems(seal, before, roots):
            yield Breach(-1, 0, reason, day=day)
        yield from _unlike_the_chain(seal)
        if kept.pop(day, seal.sha256) != seal.sha256:
            yield Breach(-1, 0, "the seal differs from its digest kept outside the database", day=day)
        before, expected = seal.sha256, seal.day + dt.timedelta(days=1)
    for day in sorted(kept):
        yield Breach(-1, 0, "the day's seal was removed", day=day)


def _problems(seal: AuditSeal, before: str, roots: list[bytes]) -> Iterator[str]:
    statement, signature = bytes(seal.statement), bytes(seal.signature)
    try:
        said, _heads = read_statement(statement)
    except ValueError:
        yield "the seal's statement can't be read"
        return
    if hashlib.sha256(statement).hexdigest() != seal.sha256 or said["day"] != seal.day.isoformat():
        yield "the seal's statement was changed"
    if said["before"] != before:
        yield "the seal doesn't follow the one before"
    if problem := signature_problem(statement, signature, roots=roots, at=seal.sealed_at):
        yield problem
    stamp = getattr(seal, "timestamp", None)
    if stamp is not None and (problem := token_problem(bytes(stamp.token), signature, roots=roots)):
        yield problem


def _unlike_the_chain(seal: AuditSeal) -> Iterator[Breach]:
    try:
        _said, heads = read_statement(bytes(seal.statement))
    except ValueError:
        return
    places = Q()
    for head in heads:
        places |= Q(shard=head.shard, sequence=head.sequence)
    found = {link.shard: link.hash for link in AuditLink.objects.filter(places)} if heads else {}
    for head in heads:
        if found.get(head.shard) != head.hash:
            reason = "the log was rewritten after this day was sealed"
            yield Breach(head.shard, head.sequence, reason, day=seal.day.isoformat())


def seal_notes() -> Iterator[str]:
    """Seals that came late, seals still without the timestamp, days without a seal."""
    for seal in AuditSeal.objects.select_related("timestamp").order_by("day"):
        if seal.sealed_at > end_of(seal.day) + LATE:
            yield f"{seal.day} was sealed only at {timezone.localtime(seal.sealed_at):%Y-%m-%d %H:%M}"
    if days := days_to_seal():
        yield f"not sealed yet: {len(days)} days from {days[0]}"


def extracts_of(user: User) -> QuerySet[LogExtract]:
    """The extracts that were asked for in the person's facility, newest first."""
    own = LogExtract.objects.filter(facility_id=user.facility_id)
    return own.select_related("requested_by", "attachment__key").order_by("-pk")


def seals_of(confirmation_ids: Collection[int]) -> dict[int, dt.datetime]:
    """When these confirmations were sealed; those that wait are left out. One query."""
    sealed = ConfirmationSeal.objects.filter(confirmation__in=confirmation_ids)
    return dict(sealed.values_list("confirmation_id", "sealed_at"))


def unsealed_count(older_than: dt.timedelta, topic: str = "confirmation.given") -> int:
    """How many confirmations (or, by `topic`, accepted papers) have waited for the seal for longer than that, those given
    up included.
    """
    owed = OutboxEvent.objects.filter(topic=topic, done_at=None)
    return owed.filter(created_at__lt=now() - older_than).count()
