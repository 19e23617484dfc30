"""What is signed here goes to the neighbour that asks for it: each PDF once, what follows in its line."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from emr.accounts.models import User
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from encounters.documents.models import DocumentBytes, DocumentVersion
from encounters.documents.services import enter_in_error
from integrations.hl7v2.parsing import Hl7Message, parse
from integrations.mdm.services import tell_signed
from integrations.transport.models import Message
from signatures.providers.base import Pin
from signatures.signing import services as signing
from tests.emr.people import make_facility
from tests.integrations.neighbour import Neighbour
from tests.integrations.strict import strict_neighbour
from tests.integrations.transport.test_sending import make_channel
from tests.signatures.records import PIN, deliver_all, make_ready, make_signer, newest_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def his() -> Iterator[Neighbour]:
    """A HIS that keeps signed documents, and holds every message to the letter of HL7."""
    with strict_neighbour() as neighbour:
        make_channel(
            make_facility(), neighbour, name="HIS (gửi)", receiving_application="HIS", message_types=["MDM"]
        )
        yield neighbour


@pytest.fixture
def an() -> User:
    return make_signer()


def signed(an: User) -> DocumentVersion:
    request = make_ready(an, text="Mạch 80.")
    with transaction.atomic():
        signing.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=an)
    deliver_all()
    work_off()
    return DocumentVersion.objects.select_related("document").get(pk=request.version_id)


def work_off() -> None:
    for _round in range(10):
        due = OutboxEvent.objects.filter(
            done_at=None, failed_at=None, topic__regex=r"^(document|hl7_message)"
        )
        due.update(available_at=now() - timedelta(days=1))
        if not sum(deliver(event_id=pk) for pk in list(due.order_by("pk").values_list("pk", flat=True))):
            return


def received(his: Neighbour) -> list[Hl7Message]:
    return [parse(raw) for raw in his.received]


def test_a_signed_document_goes_out_once_as_it_was_signed(his: Neighbour, an: User) -> None:
    version = signed(an)
    tell_signed(version_id=version.pk, revision=1)
    work_off()
    assert len(his.received) == 1
    message = received(his)[0]
    assert message.first("MSH")[9].text(2) == "T02"
    txa, obx = message.first("TXA"), message.first("OBX")
    assert (txa[12].text(), txa[17].text()) == (f"{version.document.uuid}.1", "LA")
    assert base64.b64decode(obx[5].text(5)) == newest_pdf(version)
    assert message.first("PID")[3].text() == version.document.patient.identifiers.get(is_own=True).value
    assert Message.objects.get(about=f"documentversion:{version.uuid}").state_row.state == "delivered"


def test_a_further_signature_edits_the_same_number(his: Neighbour, an: User) -> None:
    version = signed(an)
    first = DocumentBytes.objects.get(version=version, revision=1)
    DocumentBytes.objects.create(
        version=version, revision=2, attachment=first.attachment, sha256=first.sha256
    )
    for _twice in range(2):
        tell_signed(version_id=version.pk, revision=2)
    work_off()
    events = [(m.first("MSH")[9].text(2), m.first("TXA")[12].text()) for m in received(his)]
    assert events == [("T02", f"{version.document.uuid}.1"), ("T08", f"{version.document.uuid}.1")]


def test_what_was_entered_in_error_is_taken_back(his: Neighbour, an: User) -> None:
    version = signed(an)
    enter_in_error(document=version.document, reason="Nhầm người bệnh", by=an)
    deliver_all()
    work_off()
    last = received(his)[-1]
    assert last.first("MSH")[9].text(2) == "T11"
    assert last.first("TXA")[12].text() == f"{version.document.uuid}.1"
    assert last.first("TXA")[19].text() == "CA"
    assert len(his.received) == 2


def test_nothing_goes_out_where_nobody_asks(an: User) -> None:
    signed(an)
    assert not Message.objects.exists()
