"""A rendered document that waits for its author, on the smallest believable hospital."""

import datetime as dt
import hashlib
import itertools

from django.db.models import Q

from emr.accounts.models import User
from emr.common.clock import now
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.services import read_bytes, store_bytes
from encounters.documents.models import Document, DocumentBytes, DocumentVersion
from encounters.forms.models import Questionnaire, QuestionnaireResponse
from encounters.visits.models import Encounter
from signatures.providers.services import issue_demo_key
from signatures.signing.models import SigningRequest
from tests.emr.people import make_an
from tests.patients.people import in_care_of, make_patient
from tests.signatures import support

PIN = "246813"
_numbers = itertools.count(1)


def make_signer(user: User | None = None, *, pin: str = PIN) -> User:
    """An, who has a key."""
    user = user or make_an()
    issue_demo_key(owner=user, pin=pin)
    return user


def make_version(
    author: User, *, text: str = "Mạch 80 lần/phút.", document: Document | None = None
) -> DocumentVersion:
    """A frozen version with its rendering, as the documents' room leaves it."""
    facility = author.facility
    department = author.practitioner_roles.get().department
    if document is None:
        patient = make_patient(facility=facility)
        in_care_of(patient, department)
        encounter = Encounter.objects.create(
            facility=facility,
            patient=patient,
            encounter_class="IMP",
            arrival_class="IMP",
            identifier=f"T{next(_numbers):06d}",
            admission_number=f"26/{next(_numbers):06d}",
            started_at=now() - dt.timedelta(days=1),
            admitted_at=now() - dt.timedelta(hours=20),
            department=department,
        )
        document = Document.objects.create(
            facility=facility,
            patient=patient,
            encounter=encounter,
            department=department,
            code="36/BV2",
            author=author,
            happened_at=now() - dt.timedelta(hours=1),
        )
    form = Questionnaire.objects.filter(
        code="36/BV2", status="active"
    ).first() or Questionnaire.objects.create(
        url="urn:test:36BV2",
        version="1",
        code="36/BV2",
        title="Tờ điều trị",
        status="active",
        resource={},
        sha256="0" * 64,
        effective_from="2026-01-01",
    )
    number = document.versions.count() + 1
    response = QuestionnaireResponse.objects.create(
        facility=facility,
        questionnaire=form,
        patient=document.patient,
        encounter=document.encounter,
        author=author,
        authored_at=now(),
        resource={},
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    version = DocumentVersion.objects.create(
        document=document,
        facility=facility,
        number=number,
        response=response,
        composition={"header": {"title": "Tờ điều trị"}},
        author=author,
        frozen_at=now(),
        reason="" if number == 1 else "Sửa mạch",
    )
    document.current_version, document.status = version, "final" if number == 1 else "amended"
    document.save()
    attachment = store_bytes(support.base_pdf(text), content_type="application/pdf", facility=facility)
    DocumentBytes.objects.create(version=version, revision=0, attachment=attachment, sha256=attachment.sha256)
    return version


def deliver_all() -> None:
    """Run the worker until nothing of signing or documents is due; a delivery that fails, fails the test."""
    ours = Q(subscriber__startswith="signatures.") | Q(subscriber__startswith="encounters.documents.")
    # A test is one transaction, so for PostgreSQL's now() everything in it is still to come.
    early = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    while due := OutboxEvent.objects.filter(ours, done_at=None).order_by("pk").first():
        OutboxEvent.objects.filter(pk=due.pk).update(available_at=early)
        assert deliver(event_id=due.pk), f"{due} {OutboxEvent.objects.get(pk=due.pk).last_error}"


def make_ready(author: User, **version: object) -> SigningRequest:
    """A request of the author's that may be signed now."""
    from signatures.signing import services  # noqa: PLC0415

    request = services.open_author_request(version=make_version(author, **version))  # type: ignore[arg-type]
    prepare(request)
    request.refresh_from_db()
    assert request.status == SigningRequest.Status.READY, request.problem
    return request


def prepare(request: SigningRequest) -> None:
    """What the worker does for a request."""
    from signatures.signing import services  # noqa: PLC0415

    preparation = services.prepare_request(request_id=request.pk)
    assert preparation is not None
    services.keep_preparation(preparation)


def newest_pdf(version: DocumentVersion) -> bytes:
    """The version's newest PDF."""
    return read_bytes(version.bytes.order_by("-revision")[0].attachment)
