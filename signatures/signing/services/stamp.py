"""The timestamp of signatures that were made while the timestamp authority was away (F-25).

They were embedded at level B-B, since nobody waits for an authority. Its token can't become part of them any more: their
containers lie inside what later signatures cover, and readers have copies. PAdES knows another way to the same level:
a document timestamp, appended as an incremental update, which proves that the signatures before it existed by then
(ETSI EN 319 142-1 §6.3, level B-T). One timestamp raises all signatures of a version.
"""

from dataclasses import dataclass

from django.db import transaction

from emr.audit.services import record
from emr.outbox import publish
from emr.outbox.models import OutboxEvent
from emr.storage.services import read_bytes, store_bytes
from encounters.documents.models import DocumentBytes
from signatures.signing import cms, timestamp
from signatures.signing.models import SigningRequest
from signatures.signing.selectors import (
    latest_bytes,
    latest_revision,
    owing_requests,
    versions_owed_a_timestamp,
)

BATCH = 20
_TOPIC = "document_version.timestamp_owed"


@dataclass(frozen=True)
class Stamped:
    """A timestamped PDF that isn't stored yet."""

    version_id: int
    base_revision: int
    pdf: bytes


@transaction.atomic
def ask_for_timestamps(limit: int) -> int:
    """Have the oldest versions stamped that wait for it; returns how many are asked for.

    The sweep asks for one, so an authority that stays away costs one vain attempt; each success asks for more.
    """
    if not timestamp.is_configured():
        return 0
    under_way = OutboxEvent.objects.filter(topic=_TOPIC, done_at=None)
    asked = {payload["document_version_id"] for payload in under_way.values_list("payload", flat=True)}
    waiting = versions_owed_a_timestamp().exclude(pk__in=asked).values_list("pk", flat=True)[:limit]
    for version_id in waiting:
        publish(_TOPIC, document_version_id=version_id)
    return len(waiting)


def stamp_version(*, version_id: int) -> Stamped | None:
    """Timestamp a version's newest PDF; slow, changes nothing. None when nothing is owed or the authority is away.

    Raises UnfitPdf, DamagedFile.
    """
    from signatures.signing import pades  # noqa: PLC0415 -- loads pyHanko, which only the worker needs

    version = versions_owed_a_timestamp().filter(pk=version_id).defer("composition").first()
    base = latest_bytes(version) if version is not None else None
    if base is None or not timestamp.is_configured():
        return None
    pdf = read_bytes(base.attachment)
    prepared = pades.prepare_timestamp(
        pdf, field_name=f"Timestamp{base.revision + 1}", reserved=cms.TOKEN_MAXIMUM
    )
    try:
        token = timestamp.fetch_token(prepared.digest)
    except timestamp.NoTimestamp:
        return None
    timestamp.keep_its_clock(token)
    stamped = pades.embed(
        pdf + prepared.tail,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        digest=prepared.digest,
        container=token,
    )
    return Stamped(version_id=version_id, base_revision=base.revision, pdf=stamped)


@transaction.atomic
def keep_stamp(stamped: Stamped) -> DocumentBytes | None:
    """Store the timestamped PDF as the next revision. None when there is another meanwhile, or somebody is signing.

    Locks the version's requests: a signature already made over the present PDF must still find it the newest.
    """
    requests = SigningRequest.objects.select_for_update().filter(version_id=stamped.version_id)
    list(requests.order_by("pk").values_list("pk"))
    version = (
        versions_owed_a_timestamp()
        .select_related("facility", "document__patient")
        .filter(pk=stamped.version_id)
        .defer("composition")
        .first()
    )
    if version is None or latest_revision(version.pk) != stamped.base_revision:
        return None
    attachment = store_bytes(stamped.pdf, content_type="application/pdf", facility=version.facility)
    revision = DocumentBytes.objects.create(
        version=version,
        revision=stamped.base_revision + 1,
        attachment=attachment,
        sha256=attachment.sha256,
    )
    for request in owing_requests().filter(version=version):
        request.level, request.owes_timestamp = "B-T", False
        request.save(update_fields=["level", "owes_timestamp"])
        record("signature.timestamp", of=request, patient=version.document.patient)
    return revision
