"""Records that become files: a stay with finished documents, some signed for real, and a seal."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction

from emr.accounts.models import User
from emr.common.clock import local_today
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.bundles.hosobenhan import export_of
from encounters.bundles.models import Bundle, RecordExtract
from encounters.bundles.services import request_bundle
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_seal
from signatures.signing.models import SigningRequest
from signatures.signing.services import sign_requests
from tests.encounters import chart
from tests.encounters.documents.entries import write
from tests.encounters.visits.ward import ago
from tests.signatures.records import PIN, make_signer

LATE = {"late_reason": "Mất điện"}


def make_record(
    *, signed: int = 1, unsigned: int = 1, seal: bool = True
) -> tuple[User, Encounter, list[Document]]:
    """An, a stay, and its entries: printed by the workers, the first ones signed by An."""
    an, stay = chart.make_stay(at=ago(days=5), late_reason="Nhập lại")
    make_signer(an)
    if seal:
        issue_demo_seal(facility=stay.facility)
    entries = [
        write(stay, an, f"Ngày {day}: tỉnh, không sốt.", happened_at=ago(days=4, hours=-day), **LATE)
        for day in range(signed + unsigned)
    ]
    chart.deliver_all()
    for entry in entries[:signed]:
        sign(entry, an)
    chart.deliver_all()
    return an, stay, entries


def sign(document: Document, by: User) -> None:
    """As the signer would at the desk."""
    request = SigningRequest.objects.get(version=document.current_version, signer=by)
    with transaction.atomic():
        (outcome,) = sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=by)
    assert outcome.is_signed, outcome.problem


def make_all() -> None:
    """What the bulk workers owe."""
    for pk in OutboxEvent.objects.filter(topic="bundle.requested", done_at=None).values_list("pk", flat=True):
        deliver(event_id=pk)


def made(stay: Encounter, by: User, archive_number: str = "NT 000123") -> Bundle:
    """The record's file, asked for and made."""
    bundle = request_bundle(stay, by=by, archive_number=archive_number)
    make_all()
    bundle.refresh_from_db()
    return bundle


def build_bundle_rows(stay: Encounter, by: User, word: str = "") -> dict[str, Any]:
    """{part of an address: row}: a file that nobody has made yet, an extract that waits; `word` stands in its texts."""
    whose = {"facility": stay.facility, "patient": stay.patient, "encounter": stay}
    content = {"pieces": [], "export": export_of(stay), "extract": None}
    return {
        "bundle_uuid": Bundle.objects.create(
            **whose, content=content, digest=stay.uuid.hex * 2, requested_by=by
        ),
        "copy_uuid": RecordExtract.objects.create(
            **whose,
            key=uuid.uuid4(),
            receiver_kind="court",
            receiver=f"Tòa án {word}MARK",
            purpose="Vụ án",
            parts=[],
            expires_on=local_today() + dt.timedelta(days=5),
            asked_by=by,
        ),
    }
