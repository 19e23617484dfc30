"""Extracts: chosen parts for somebody, approved by a second person, marked on each page, taken within their term."""

import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import DomainError
from emr.storage.services import read_bytes
from encounters.bundles.models import RecordExtract
from encounters.bundles.services import ask_extract, decide_extract, withdraw_extract
from encounters.documents.models import Document
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.bundles.rows import make_all, make_record
from tests.encounters.visits.ward import department, signed_in
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db


def clerk() -> User:
    return make_user("luutru", "Trần Thị Lưu", "records", department())


def planner() -> User:
    return make_user("khth", "Lê Văn Kế", "planning", department())


def asked(stay: Encounter, parts: list[Document], by: User, **more: Any) -> RecordExtract:
    told: dict[str, Any] = {
        "encounter": stay,
        "parts": [str(one.uuid) for one in parts],
        "receiver_kind": "court",
        "receiver": "Tòa án nhân dân khu vực 1",
        "purpose": "Giải quyết vụ án dân sự",
        "reference": "12/TA",
        "expires_on": local_today() + dt.timedelta(days=10),
        "key": uuid.uuid4(),
        "by": by,
    }
    return ask_extract(**told | more)


def test_a_second_person_approves_and_every_page_says_for_whom(tmp_path: Path, client: Client) -> None:
    _an, stay, entries = make_record(signed=2)
    by, boss = clerk(), planner()
    extract = asked(stay, entries[:1], by)
    with pytest.raises(DomainError) as refusal:
        decide_extract(extract, approve=True, by=by)
    assert refusal.value.code == "own"
    with pytest.raises(IntegrityError), transaction.atomic():
        RecordExtract.objects.filter(pk=extract.pk).update(status="approved", decided_by=by)
    decide_extract(extract, approve=True, by=boss)
    decide_extract(extract, approve=True, by=boss)
    make_all()
    extract.refresh_from_db()
    data = read_bytes(extract.bundle.attachment)
    file = tmp_path / "extract.pdf"
    file.write_bytes(data)
    assert broken_clauses(file, flavour="3b") == ""
    opened = pypdfium2.PdfDocument(data)
    pages = [opened[place].get_textpage().get_text_range() for place in range(len(opened))]
    for page in pages:
        for words in ("Tòa án nhân dân khu vực 1", "Giải quyết vụ án dân sự", extract.verify_code):
            assert words in " ".join(page.split()), words
    text = " ".join(pages)
    assert "Ngày 0:" in text and "Ngày 1:" not in text
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert list(pdf.attachments) == ["manifest.json"], "unmarked originals aren't handed out"
    found = client.get(f"/verify/{extract.verify_code}/").content.decode()
    assert "NGUYỄN" not in found.upper() and "Tòa án" not in found and stay.facility.name in found


def test_it_is_taken_within_its_term_and_each_step_is_in_the_log() -> None:
    _an, stay, entries = make_record()
    by, boss = clerk(), planner()
    desk, office = signed_in(by), signed_in(boss)
    page = desk.get(f"/encounters/{stay.uuid}/bundle/extract").content.decode()
    assert str(entries[0].uuid) in page
    sent = {
        "key": str(uuid.uuid4()),
        "receiver_kind": "patient",
        "receiver": "Nguyễn Thị Đào",
        "purpose": "Theo dõi tại nhà",
        "expires_on": f"{local_today():%d/%m/%Y}",
        "parts": [str(entries[0].uuid)],
    }
    nothing = desk.post(f"/encounters/{stay.uuid}/bundle/extract", sent | {"parts": []})
    assert nothing.status_code == 422 and not RecordExtract.objects.exists()
    for _ in range(2):
        answer = desk.post(f"/encounters/{stay.uuid}/bundle/extract", sent)
        assert answer.status_code == 302, answer.content.decode()
    extract = RecordExtract.objects.get()
    address = answer["Location"]
    assert 'name="approve"' not in desk.get(address).content.decode()
    assert 'name="approve"' in office.get(address).content.decode()
    assert desk.post(f"{address}decide", {"approve": "1"}).status_code == 403
    assert office.post(f"{address}decide", {"approve": "1"}).status_code == 302
    assert desk.get(f"{address}pdf").status_code == 404
    make_all()
    assert "pdf" in desk.get(f"{address}state").content.decode()
    assert desk.get(f"{address}pdf").content.startswith(b"%PDF")
    RecordExtract.objects.filter(pk=extract.pk).update(expires_on=local_today() - dt.timedelta(days=1))
    assert desk.get(f"{address}pdf").status_code == 404
    assert "dao" not in desk.get("/bundles/extracts/?show=over").request["PATH_INFO"]
    assert desk.post("/bundles/extracts/", {"q": "dao", "chip": "over", "page": ""}).status_code == 302
    assert str(extract.uuid) in desk.get("/bundles/extracts/?show=over").content.decode()
    actions = set(
        AuditEvent.objects.filter(entity_id=extract.pk, entity_type="bundles.RecordExtract").values_list(
            "action", flat=True
        )
    )
    assert {
        "record_extract.request",
        "record_extract.approve",
        "record_extract.export",
        "record_extract.read",
    } <= actions


def test_a_whole_part_of_the_record_is_all_its_documents() -> None:
    _an, stay, entries = make_record(signed=0, unsigned=3)
    desk = signed_in(clerk())
    sent = {
        "key": str(uuid.uuid4()),
        "receiver_kind": "insurer",
        "receiver": "Bảo hiểm xã hội tỉnh",
        "purpose": "Giám định",
        "expires_on": f"{local_today():%d/%m/%Y}",
        "whole": ["course"],
    }
    assert desk.post(f"/encounters/{stay.uuid}/bundle/extract", sent).status_code == 302
    assert RecordExtract.objects.get().parts == [str(one.uuid) for one in entries]


def test_refused_with_a_reason_withdrawn_and_nothing_more(client: Client) -> None:
    _an, stay, entries = make_record()
    by, boss = clerk(), planner()
    first, second = asked(stay, entries, by), asked(stay, entries, by)
    with pytest.raises(DomainError):
        decide_extract(first, approve=False, by=boss)
    assert decide_extract(first, approve=False, by=boss, reason="Thiếu giấy ủy quyền").status == "refused"
    with pytest.raises(DomainError):
        decide_extract(first, approve=True, by=boss)
    decide_extract(second, approve=True, by=boss)
    withdraw_extract(second, by=by)
    make_all()
    second.refresh_from_db()
    assert (second.status, second.bundle.status) == ("withdrawn", "cancelled")
    assert client.get(f"/verify/{first.verify_code}/").status_code == 404
    with pytest.raises(DomainError):
        asked(stay, [], by)
    with pytest.raises(DomainError):
        asked(stay, entries, by, expires_on=local_today() + dt.timedelta(days=400))
