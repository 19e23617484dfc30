"""A seal a day over the heads of the log's chains."""

import datetime as dt
import hashlib
import json
import logging
import os

from django.db import connection, transaction

from emr.accounts.models import Organization
from emr.audit.services import record
from emr.common import wall
from emr.common.arming import is_armed
from emr.common.clock import now
from emr.common.errors import DomainError
from signatures.certificates.models import Certificate
from signatures.sealing.models import AuditSeal, AuditSealTimestamp
from signatures.sealing.selectors import days_to_seal, end_of, heads_at, seals_file
from signatures.sealing.statements import NONE_BEFORE, statement_of
from signatures.signing import timestamp
from signatures.signing.services import Purpose, sign_bytes

logger = logging.getLogger(__name__)
_LOCK = 2094072


def seal_days() -> int:
    """Seal every day that is over and not sealed, missed ones too, oldest first; returns how many.

    A copy that was restored for a rehearsal seals nothing. Without a usable seal nothing happens; the health page says so.
    """
    if not is_armed():
        return 0
    count = 0
    for day in days_to_seal():
        try:
            seal = _seal_day(day)
        except DomainError as refusal:
            logger.error("The log of %s can't be sealed: %s", day, refusal.code)
            break
        count += seal is not None
    stamp_seals()
    return count


def _sealing_facility() -> Organization | None:
    """Whose seal goes on the log: the oldest facility that has one in use."""
    seals = Certificate.objects.filter(
        purpose=Certificate.Purpose.SEAL, status=Certificate.Status.ACTIVE, facility__is_active=True
    )
    first = seals.select_related("facility").order_by("facility_id").first()
    return first.facility if first else None


@transaction.atomic
def _seal_day(day: dt.date) -> AuditSeal | None:
    """Seal one day; None when another process did."""
    facility = _sealing_facility()
    if facility is None:
        raise DomainError("No facility has a seal.", code="no_seal")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditSeal.objects.order_by("-day").first()
    if last is not None and last.day >= day:
        return None
    sealed_at = now()
    statement = statement_of(
        day, heads_at(end_of(day)), before=last.sha256 if last else NONE_BEFORE, sealed_at=sealed_at
    )
    with wall.within(facility.pk):  # its key
        signature = sign_bytes(statement, purpose=Purpose.AUDIT_HEAD, facility=facility)
    seal = AuditSeal.objects.create(
        facility=facility,
        day=day,
        statement=statement,
        sha256=hashlib.sha256(statement).hexdigest(),
        signature=signature,
        sealed_at=sealed_at,
    )
    record("audit.seal", of=seal, detail={"day": day.isoformat(), "sha256": seal.sha256})
    transaction.on_commit(lambda: _keep_digest(seal))
    return seal


def _keep_digest(seal: AuditSeal) -> None:
    seals_file().parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"day": seal.day.isoformat(), "sha256": seal.sha256})
    with seals_file().open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def stamp_seals(limit: int = 40) -> int:
    """Fetch the timestamps that seals still lack, where an authority is configured; returns how many."""
    if not timestamp.is_configured():
        return 0
    count = 0
    for seal in AuditSeal.objects.filter(timestamp=None).order_by("day")[:limit]:
        try:
            token = timestamp.fetch_token(hashlib.sha256(bytes(seal.signature)).digest())
        except timestamp.NoTimestamp as trouble:
            logger.warning("No timestamp for the log's seal of %s: %s", seal.day, trouble)
            break
        _made, is_new = AuditSealTimestamp.objects.get_or_create(
            seal=seal, defaults={"facility_id": seal.facility_id, "token": token}
        )
        count += is_new
    return count
