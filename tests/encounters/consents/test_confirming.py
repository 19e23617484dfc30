"""A patient's word on a document: once, over the bytes shown, by somebody named, in a way that the form allows."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from emr.accounts.models import FacilitySetting, User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices import channels
from emr.notices.text import Outgoing
from emr.outbox.models import OutboxEvent
from encounters.consents import services
from encounters.consents.codes import code_of
from encounters.consents.models import Confirmation, ConfirmationChallenge
from encounters.consents.selectors.evidence import printed_lines
from encounters.consents.services import Signer, Witness
from encounters.consents.strokes import Unreadable, read_strokes
from encounters.consents.ways import Asked, Away, Proof, Refused, forget_adapter, register_adapter
from encounters.documents import services as documents
from encounters.documents.models import Document
from tests.emr.people import make_binh
from tests.encounters.chart import deliver_all, draft_of, make_stay
from tests.encounters.consents.papers import (
    ANSWERS,
    GENERAL,
    RELATIVE,
    SURGERY,
    digest,
    drawn,
    make_paper,
    take,
    told,
)
from tests.encounters.visits.ward import department
from tests.signatures.support import base_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def an_and_paper() -> tuple[User, Document]:
    an, stay = make_stay()
    return an, make_paper(stay, an)


@pytest.fixture
def binh() -> User:
    return make_binh(department())


@pytest.fixture
def paper(an_and_paper: tuple[User, Document]) -> Document:
    return an_and_paper[1]


def refused(
    code: str, document: Document, by: User, signer: Signer | None = None, **more: object
) -> DomainError:
    before = Confirmation.objects.count()
    with pytest.raises(DomainError) as refusal:
        take(document, by, signer, **more)
    assert (refusal.value.code, Confirmation.objects.count()) == (code, before)
    return refusal.value


def test_drawn_once_kept_for_ever_and_sent_twice_it_is_one(paper: Document, binh: User) -> None:
    sent = told(paper, told_at=now())
    row = services.confirm(document=paper, told=sent, signer=Signer(), by=binh)
    again = services.confirm(document=paper, told=sent, signer=Signer(), by=binh)
    assert again.pk == row.pk
    assert Confirmation.objects.count() == AuditEvent.objects.filter(action="consent.confirm").count() == 1
    assert (row.full_name, row.staff, row.sha256) == (paper.patient.full_name, binh, digest(paper))
    assert row.strokes == json.loads(drawn()), "every point with its time"
    assert row.shown.version_id == paper.current_version_id
    assert row.happened_at == sent.told_at
    lines = " ".join(printed_lines(row))
    assert paper.patient.full_name.upper() in lines and row.sha256 in lines and "2 nét" in lines
    refused("confirmed_already", paper, binh)
    with pytest.raises(DatabaseError), transaction.atomic():
        Confirmation.objects.filter(pk=row.pk).update(full_name="Ai Đó")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_what_is_confirmed_is_what_was_shown(an_and_paper: tuple[User, Document], binh: User) -> None:
    """Other bytes, and those of a version that was amended while the patient read, are refused."""
    an, paper = an_and_paper
    refused("swapped", paper, binh, sha256="0" * 64)
    old = digest(paper)
    draft = documents.amend_document(document=paper, reason="Thêm chi phí", by=an)
    version = documents.finalize_document(document=paper, revision=draft.revision, by=an)
    documents.store_rendering(version=version, pdf=base_pdf("2"))
    paper.refresh_from_db()
    refused("swapped", paper, binh, sha256=old)
    row = take(paper, binh)
    with pytest.raises(DatabaseError), transaction.atomic():  # the database says so too
        Confirmation.objects.create(
            **{
                name: getattr(row, name)
                for name in (
                    "facility",
                    "patient",
                    "encounter",
                    "shown",
                    "who",
                    "full_name",
                    "way",
                    "strokes",
                    "staff",
                )
            },
            sha256=row.sha256,
            version=paper.versions.get(number=1),
            key=uuid.uuid4(),
            happened_at=now(),
        )
    assert take(paper, binh, key=row.key) == row


def test_surgery_asks_for_a_digital_signature_or_paper_unless_the_facility_says_otherwise(binh: User) -> None:
    an, stay = make_stay()
    paper = make_paper(stay, an, SURGERY)
    for way in ("drawn", "witnessed", "code", "fingerprint"):
        refused("no_challenge" if way in {"code", "fingerprint"} else "not_allowed", paper, binh, way=way)
    with pytest.raises(DomainError) as refusal:
        services.ask_outside(
            document=paper, provider="code", sha256=digest(paper), address="0912345678", by=binh
        )
    assert refusal.value.code in {"not_set_up", "not_allowed"}
    refused("no_paper", paper, binh, way="paper")
    refused("bad_file", paper, binh, way="paper", paper=b"MZ is no paper")
    no = take(paper, binh, answer="declined")
    assert (no.answer, no.way) == ("declined", "drawn"), "nobody is kept from saying no"
    second = make_paper(stay, an, SURGERY)
    row = take(second, binh, way="paper", paper=base_pdf("scan"))
    assert row.paper is not None and row.paper.sha256 in " ".join(printed_lines(row))
    FacilitySetting.objects.create(facility=stay.facility, name="confirm_01_bv2", value="drawn")
    assert take(make_paper(stay, an, SURGERY), binh).way == "drawn"


def test_who_stands_for_the_patient_says_relation_number_and_right(paper: Document, binh: User) -> None:
    """R-14."""
    for missing, code in (
        ("full_name", "no_name"),
        ("relationship", "no_right"),
        ("basis", "no_right"),
        ("id_number", "no_id"),
    ):
        refused(code, paper, binh, Signer(**RELATIVE | {missing: ""}))
    row = take(paper, binh, Signer(**RELATIVE))
    lines = " ".join(printed_lines(row))
    assert "NGUYỄN VĂN SÁU" in lines and "038057000123" in lines and "Vợ, chồng" in lines


def test_a_witness_signs_for_who_cannot_write(paper: Document, binh: User) -> None:
    refused("no_witness", paper, binh, way="witnessed", strokes="")
    with pytest.raises(DomainError) as refusal:
        services.confirm(
            document=paper,
            told=told(paper, way="witnessed"),
            signer=Signer(),
            by=binh,
            witness=Witness(full_name="Tạ Tám"),
        )
    assert refusal.value.code == "too_little"
    witness = Witness(full_name="Tạ Tám", id_number="001", strokes=drawn())
    row = services.confirm(
        document=paper,
        told=told(paper, way="witnessed", strokes=""),
        signer=Signer(),
        by=binh,
        witness=witness,
    )
    assert row.strokes is None and row.witness_strokes["w"] == 3000
    assert "Tạ Tám (001)" in " ".join(printed_lines(row))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "malformed"),
        ("[]", "malformed"),
        ('{"v": 2, "w": 3000, "h": 1000, "strokes": []}', "malformed"),
        ('{"v": 1, "w": 3000, "h": 1000, "strokes": []}', "too_little"),
        ('{"v": 1, "w": 3000, "h": 1000, "strokes": [[[1, 1, 0, 500]]]}', "too_little"),
        ('{"v": 1, "w": 3000, "h": 1000, "strokes": [[[9999, 1, 0, 500]]]}', "malformed"),
        ('{"v": 1, "w": 3000, "h": 1000, "strokes": [[[1, 1, 9, 500], [2, 2, 3, 500]]]}', "malformed"),
        ('{"v": 1, "w": 3000, "h": 1000, "strokes": [[[1, 1, 0.5, 500]]]}', "malformed"),
        (
            '{"v": 1, "w": 3000, "h": 1000, "strokes": ' + json.dumps([[[1, 1, 0, 1]] * 100] * 200) + "}",
            "too_long",
        ),
    ],
)
def test_what_is_no_signature_is_refused(raw: str, code: str) -> None:
    with pytest.raises(Unreadable) as trouble:
        read_strokes(raw)
    assert trouble.value.code == code


class Telephone:
    """The SMS channel; keeps what would be sent."""

    title = "SMS"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def is_set_up(self) -> bool:
        return True

    def send(self, message: Outgoing) -> None:
        self.sent.append(message)


@pytest.fixture
def telephone(monkeypatch: pytest.MonkeyPatch) -> Telephone:
    found = Telephone()
    monkeypatch.setitem(channels._channels, "sms", found)
    return found


def test_a_code_to_the_telephone(binh: User, telephone: Telephone) -> None:
    """Wrong ones are counted and end it; the right one confirms, once. The message tells nothing of the patient."""
    an, stay = make_stay()
    paper = make_paper(stay, an)
    FacilitySetting.objects.create(facility=stay.facility, name="confirm_40_bv2", value="any")
    asked = {"document": paper, "provider": "code", "sha256": digest(paper), "by": binh}
    with pytest.raises(DomainError) as refusal:
        services.ask_outside(**asked, address="không có")
    assert refusal.value.code == "bad_address"
    first = services.ask_outside(**asked, address="0912 345 678")
    with pytest.raises(DomainError) as refusal:
        services.ask_outside(**asked, address="0912 345 678")
    assert refusal.value.code == "too_soon"
    deliver_all()
    (message,) = telephone.sent
    assert message.to == "+84912345678" and code_of(first.uuid) in message.short
    assert not any(word in message.short for word in ("Dao", "Đào", stay.identifier, "40/BV2"))
    for _ in range(5):
        refused("wrong", paper, binh, way="code", challenge=first, typed="000000x")
    refused("too_many", paper, binh, way="code", challenge=first, typed=code_of(first.uuid))
    ConfirmationChallenge.objects.update(asked_at=now() - dt.timedelta(minutes=2))
    second = services.ask_outside(**asked, address="0912345678")
    deliver_all()
    refused("waiting", paper, binh, way="code", challenge=second, typed="")
    ConfirmationChallenge.objects.filter(pk=second.pk).update(expires_at=now())
    refused("expired", paper, binh, way="code", challenge=second, typed=code_of(second.uuid))
    ConfirmationChallenge.objects.filter(pk=second.pk).update(expires_at=now() + dt.timedelta(minutes=5))
    row = take(paper, binh, way="code", strokes="", challenge=second, typed=code_of(second.uuid))
    assert row.challenge == second and row.challenge.used_at is not None
    lines = " ".join(printed_lines(row))
    assert "678" in lines and "912345678" not in lines, "the number is masked on paper"


class Signing:
    """A service that signs, as VNeID's does: asked, away once, answered on the person's own device, its proof kept."""

    name, way, title, address_label, answer_label, agent_action = (
        "vneid",
        "digital",
        "VNeID",
        "Số định danh",
        "",
        "",
    )

    def __init__(self) -> None:
        self.is_away, self.answered = True, False
        self.asked: list[Asked] = []

    def is_set_up(self, facility_id: int) -> bool:
        return True

    def tidy_address(self, typed: str) -> str:
        if not typed.isdigit():
            raise Refused("wrong")
        return typed

    def ask(self, asked: Asked) -> str:
        if self.is_away:
            self.is_away = False
            raise Away
        self.asked.append(asked)
        return "VN-77"

    def check(self, asked: Asked, answer: Mapping[str, str]) -> Proof | None:
        assert asked.reference == "VN-77"
        if not self.answered:
            return None
        return Proof("VN-77-1", signer_name="NGUYỄN THỊ ĐÀO", signer_number="0380", detail={"level": "2"})


@pytest.fixture
def vneid() -> Iterator[Signing]:
    adapter = Signing()
    register_adapter(adapter)
    yield adapter
    forget_adapter("vneid")


def test_a_service_that_signs_is_an_adapter(binh: User, vneid: Signing) -> None:
    """The contract of `ways.py`, on the form that asks for a digital signature."""
    an, stay = make_stay()
    paper = make_paper(stay, an, SURGERY)
    challenge = services.ask_outside(
        document=paper, provider="vneid", sha256=digest(paper), address="038057000001", by=binh
    )
    deliver_all()  # away at first: tried again, nothing lost
    assert not vneid.is_away
    OutboxEvent.objects.filter(done_at=None).update(available_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    deliver_all()
    (asked,) = vneid.asked
    assert (asked.sha256, asked.id) == (digest(paper), challenge.uuid)
    refused("waiting", paper, binh, way="digital", challenge=challenge)
    vneid.answered = True
    row = take(paper, binh, way="digital", strokes="", challenge=challenge)
    assert (row.transaction, row.proof["level"], row.proof["name"]) == ("VN-77-1", "2", "NGUYỄN THỊ ĐÀO")
    other = make_paper(stay, an, SURGERY)
    refused("no_challenge", other, binh, way="digital", challenge=challenge)


def test_over_http_the_same_key_gets_the_same_answer_and_refusals_say_why(
    paper: Document, binh: User, client: Client
) -> None:
    client.force_login(binh)
    address = reverse("encounters:consents:confirm", args=[paper.uuid])
    body = {
        "key": str(uuid.uuid4()),
        "sha256": digest(paper),
        "way": "drawn",
        "who": "patient",
        "strokes": drawn(),
    }
    short = client.post(address, body | {"strokes": ""})
    assert short.status_code == 422 and "alert" in short.content.decode()
    assert client.post(address, body | {"sha256": "1" * 64}).status_code == 409
    first, second = client.post(address, body), client.post(address, body)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content and Confirmation.objects.count() == 1
    assert client.post(address, body | {"key": str(uuid.uuid4())}).status_code == 409
    page = client.get(reverse("encounters:consents:page", args=[paper.uuid])).content.decode()
    assert digest(paper) in page, "the evidence stands where the form stood"
    shown = client.get(reverse("encounters:consents:shown_pdf", args=[paper.uuid]))
    assert shown.content == base_pdf(f"{GENERAL} 1")
    stay = client.get(reverse("encounters:consents:stay", args=[paper.encounter.uuid])).content.decode()
    assert "40/BV2" in stay


def test_every_consent_can_be_written_and_frozen() -> None:
    """Each form's required fields are those that the page asks for."""
    an, stay = make_stay()
    for code in ANSWERS:
        document = make_paper(stay, an, code, rendered=False)
        assert document.status == "final" and document.current_version.composition["asks_patient"]
    draft = documents.begin_document(encounter=stay, code=SURGERY, by=an)
    with pytest.raises(documents.NotComplete) as missing:
        documents.finalize_document(document=draft, revision=draft_of(draft).revision, by=an)
    assert {"told.risks", "procedure.name", "decision.answer"} <= {p.link_id for p in missing.value.problems}
