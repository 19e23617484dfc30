"""The facility seals at once what a patient confirmed: shown bytes stay, the evidence is on the page, signatures hold."""

import datetime as dt
import io
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.storage.services import read_bytes
from encounters.consents.models import Confirmation
from encounters.consents.services import Signer
from encounters.documents.models import Document
from encounters.documents.selectors import with_state
from signatures.preserving.models import Preservation
from signatures.providers.base import Pin
from signatures.providers.services import issue_demo_seal
from signatures.sealing.models import ConfirmationSeal
from signatures.sealing.selectors import unsealed_count
from signatures.signing import services as signing
from signatures.signing.models import SigningRequest
from signatures.verification.services import verify_stored
from signatures.verification.verdicts import Verdict
from tests.emr.people import make_binh
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.consents.papers import RELATIVE, make_paper, take
from tests.encounters.visits.ward import department
from tests.signatures.records import PIN, make_signer

pytestmark = pytest.mark.django_db


def deliver_again() -> None:
    """What waits for later is due now."""
    OutboxEvent.objects.filter(done_at=None).update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    deliver_all()


def make_rendered() -> tuple[User, User, Document]:
    """An with a key, Bình, a consent as the worker printed it."""
    an, stay = make_stay()
    make_signer(an)
    paper = make_paper(stay, an, rendered=False)
    deliver_all()
    paper.refresh_from_db()
    return an, make_binh(department()), paper


def pdfs(document: Document) -> list[bytes]:
    rows = document.current_version.bytes.select_related("attachment__key").order_by("revision")
    return [read_bytes(row.attachment) for row in rows]


def text_of(pdf: bytes) -> str:
    """What a reader shows of the last page, forms drawn in."""
    opened = pypdfium2.PdfDocument(io.BytesIO(pdf))
    opened.init_forms()
    page = opened[len(opened) - 1]
    page.flatten()
    return " ".join(opened[len(opened) - 1].get_textpage().get_text_range().split())


def sign(document: Document, by: User) -> SigningRequest:
    request = SigningRequest.objects.get(version=document.current_version, signer=by)
    (outcome,) = signing.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=by)
    assert outcome.is_signed, outcome.problem
    return request


def report(document: Document) -> Any:
    return verify_stored(document.current_version.bytes.latest("revision"))


def test_sealed_at_once_with_the_evidence_on_the_page_and_then_signed(client: Client) -> None:
    an, binh, paper = make_rendered()
    issue_demo_seal(facility=paper.facility)
    row = take(paper, binh, Signer(**RELATIVE))
    deliver_all()
    seal = ConfirmationSeal.objects.get(confirmation=row)
    shown, sealed = pdfs(paper)
    assert sealed.startswith(shown), "not a byte of what was shown is touched"
    assert seal.stored.revision == 1 and seal.stored.by_seal
    text = text_of(sealed)
    for words in (
        "NGUYỄN VĂN SÁU",
        "038057000123",
        row.sha256[:20],
        str(row.uuid),
        binh.titled_name,
        paper.facility.name,
    ):
        assert words in text, words
    judged = report(paper)
    assert judged.verdict == Verdict.VALID and [one.signer for one in judged.signatures] == [
        paper.facility.name
    ]
    paper.refresh_from_db()
    assert paper.status == "final", "the author hasn't signed yet"
    planned = Preservation.objects.get().next_try_at
    assert planned is not None and planned > now() + dt.timedelta(hours=23), "left to the author for a day"
    assert not with_state(Document.objects.filter(pk=paper.pk)).get().is_signed
    checked = client.get(reverse("signatures:verification:code", args=[paper.current_version.verify_code]))
    page = checked.content.decode()
    assert row.sha256 in page and "SÁU" not in page.upper(), "that it was confirmed, nobody's name"
    sign(paper, an)
    deliver_all()
    paper.refresh_from_db()
    assert paper.status == "signed" and len(pdfs(paper)) == 3
    judged = report(paper)
    assert judged.verdict == Verdict.VALID and len(judged.signatures) == 2
    deliver_again()
    assert ConfirmationSeal.objects.count() == 1


def test_after_the_signature_and_never_between_it_and_its_embedding() -> None:
    """Signed and not embedded yet: the seal waits, since the signature was made over the newest PDF."""
    an, binh, paper = make_rendered()
    issue_demo_seal(facility=paper.facility)
    request = sign(paper, an)
    take(paper, binh)
    event = OutboxEvent.objects.get(topic="signature.created", done_at=None)
    OutboxEvent.objects.filter(pk=event.pk).update(failed_at=event.created_at)
    deliver_all()
    assert not ConfirmationSeal.objects.exists()
    OutboxEvent.objects.filter(pk=event.pk).update(failed_at=None)
    deliver_again()
    deliver_again()
    request.refresh_from_db()
    assert request.status == "completed" and ConfirmationSeal.objects.count() == 1
    judged = report(paper)
    assert judged.verdict == Verdict.VALID and [one.modification for one in judged.signatures] == [
        "form_filling",
        "none",
    ]


def test_the_proof_is_looked_for_again_when_a_seal_comes_after_the_signature() -> None:
    an, binh, paper = make_rendered()
    issue_demo_seal(facility=paper.facility)
    sign(paper, an)
    deliver_all()
    Preservation.objects.update(next_try_at=None)
    take(paper, binh)
    deliver_again()
    deliver_again()
    assert Preservation.objects.get().next_try_at is not None


def test_without_a_seal_it_waits_and_the_state_page_says_so() -> None:
    _an, binh, paper = make_rendered()
    row = take(paper, binh)
    deliver_all()
    assert not ConfirmationSeal.objects.exists() and unsealed_count(dt.timedelta(0)) == 1
    assert OutboxEvent.objects.get(topic="confirmation.given").failed_at is None
    issue_demo_seal(facility=paper.facility)
    deliver_again()
    assert ConfirmationSeal.objects.get().confirmation == row
    assert unsealed_count(dt.timedelta(0)) == 0
    assert Confirmation.objects.filter(seal=None).count() == 0
