"""Extracts of the log: asked for by a person, made by a worker, sealed, taken away."""

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.audit.selectors import Question, events_of, page_of
from emr.audit.services import record
from emr.audit.wording import in_plain_words
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.sheets import Cell, as_csv
from emr.outbox import Delivery, publish
from emr.storage.services import store_bytes
from signatures.sealing.models import LogExtract
from signatures.sealing.selectors import heads_at
from signatures.signing.services import Purpose, sign_bytes

_BATCH = 2000
MOST_LINES = 200_000
_COLUMNS = ["id", "recorded_at", "action", "outcome", "agent", "username", "patient_number", "in_words"]
_COLUMNS += ["entity_type", "entity_uuid", "address", "device", "request_id", "detail"]


@transaction.atomic
def request_extract(*, question: Question, reason: str, key: str, by: User) -> LogExtract:
    """Ask for an extract; the same form sent twice asks once."""
    if not reason.strip():
        raise DomainError(_("Say what the extract is for."), code="reason_missing", field="reason")
    try:
        with transaction.atomic():
            extract = LogExtract.objects.create(
                facility_id=by.facility_id,
                requested_by=by,
                key=key,
                question=question.as_json(),
                reason=reason.strip()[:300],
            )
    except IntegrityError:
        return LogExtract.objects.get(requested_by=by, key=key)
    record("log_extract.request", by=by, of=extract, detail={"question": question.as_json()})
    publish("log_extract.requested", log_extract_id=extract.pk)
    return extract


@dataclass(frozen=True)
class Made:
    """The files of an extract that isn't kept yet."""

    extract: LogExtract
    lines: bytes
    count: int


def make_extract(*, extract_id: int, delivery: Delivery) -> Made | None:
    """Write the selection's lines, newest first, saying how far it is; changes nothing else. None when it is done."""
    extract = LogExtract.objects.get(pk=extract_id)
    if extract.status == LogExtract.Status.DONE:
        return None
    question = Question.from_json(extract.question)
    count = 0

    def lines() -> Iterator[list[Cell]]:
        nonlocal count
        for rows in _batches(extract.facility_id, question, until=extract.created_at):
            for line in in_plain_words(rows):
                yield _cells(line.event, line.who, line.number, line.words)
            count += len(rows)
            if count > MOST_LINES:
                raise TooLong
            delivery.renew()
            LogExtract.objects.filter(pk=extract.pk).update(
                line_count=count, status=LogExtract.Status.RUNNING
            )

    with override("vi"):
        made = as_csv(_COLUMNS, lines())
    return Made(extract, made, count)


class TooLong(Exception):
    """More lines than one extract may hold: narrower questions are the way."""


def _batches(facility_id: int, question: Question, until: dt.datetime) -> Iterator[list[AuditEvent]]:
    """The lines up to the moment of asking, so that a second attempt writes the same."""
    events = events_of(facility_id, question).filter(recorded_at__lte=until)
    before, has_more = None, True
    while has_more:
        rows, has_more = page_of(events, before, _BATCH)
        if rows:
            before = (rows[-1].recorded_at, rows[-1].pk)
            yield rows


def _cells(event: AuditEvent, who: str, number: str, words: str) -> list[Cell]:
    detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
    told: list[Cell] = [
        event.pk,
        event.recorded_at.isoformat(),
        event.action,
        event.outcome,
        who,
        event.agent_name,
        number,
    ]
    told += [words, event.entity_type, str(event.entity_uuid or ""), event.address, event.device]
    return [*told, event.request_id, detail]


def keep_extract(made: Made) -> LogExtract:
    """Seal the manifest and keep the bundle; in the transaction of "done". Raises DomainError without a usable seal."""
    extract = (
        LogExtract.objects.select_for_update()
        .select_related("facility", "requested_by")
        .get(pk=made.extract.pk)
    )
    manifest = json.dumps(
        {
            "kind": "benhanmo.audit-extract/1",
            "extract": str(extract.uuid),
            "facility": extract.facility.code,
            "requested_by": extract.requested_by.username,
            "requested_at": extract.created_at.isoformat(),
            "reason": extract.reason,
            "question": extract.question,
            "lines": made.count,
            "heads": [[head.shard, head.sequence, head.hash] for head in heads_at(now())],
            "files": {"log.csv": hashlib.sha256(made.lines).hexdigest()},
        },
        ensure_ascii=False,
        indent=1,
    ).encode()
    signature = sign_bytes(
        manifest,
        purpose=Purpose.AUDIT_EXTRACT,
        facility=extract.facility,
        by=extract.requested_by,
        of=extract,
    )
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as parcel:
        for name, content in (
            ("log.csv", made.lines),
            ("manifest.json", manifest),
            ("manifest.json.p7s", signature),
        ):
            parcel.writestr(name, content)
    extract.attachment = store_bytes(
        bundle.getvalue(), content_type="application/zip", facility=extract.facility
    )
    extract.manifest_sha256, extract.finished_at = hashlib.sha256(manifest).hexdigest(), now()
    extract.status, extract.line_count, extract.problem = LogExtract.Status.DONE, made.count, ""
    extract.save(
        update_fields=["attachment", "manifest_sha256", "finished_at", "status", "line_count", "problem"]
    )
    record("log_extract.make", by=extract.requested_by, of=extract, detail={"lines": made.count})
    return extract


def note_failure(*, extract_id: int, problem: str) -> None:
    """Say on the page why there is no extract."""
    LogExtract.objects.filter(pk=extract_id).exclude(status=LogExtract.Status.DONE).update(
        status=LogExtract.Status.FAILED, problem=problem[:200]
    )
