"""The desk and the chart's paper: who sees what, every look on record, as many questions for forty papers as for one."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from encounters.scanning.models import Paper, ScanBatch, ScannedPage
from encounters.visits.models import Encounter
from patients.registry.services.restricting import restrict_patient
from tests.emr.people import make_binh, make_chi, make_department, make_facility, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.scanning.rows import build_scanning_rows
from tests.encounters.scanning.sheets import blank, jpeg, page_with, pdf_of, send, sheet_of
from tests.encounters.visits.ward import admit, department, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward() -> tuple[User, User, Encounter]:
    """An, Bình, bà Đào's stay."""
    an, stay = make_stay()
    return an, make_binh(department()), stay


def clerk() -> User:
    return make_user("luu", "Đặng Thị Lụa", "records", make_department(make_facility(), "K90", "Phòng KHTH"))


def at(name: str, *args: Any) -> str:
    return reverse(f"encounters:scanning:{name}", args=args)


def sent(client: Client, address: str, *files: bytes, key: str = "", **more: str) -> Any:
    scans = [SimpleUploadedFile(f"{n}.jpg", data) for n, data in enumerate(files)]
    return client.post(address, {"key": key or str(uuid.uuid4()), "scans": scans} | more, follow=True)


def test_from_the_desk_to_the_second_person(ward: tuple[User, User, Encounter]) -> None:
    """Lụa sends two patients' pages without opening a chart; the head nurse accepts; the wrong ones wait."""
    _an, _binh, stay = ward
    lua = clerk()
    head = make_user("hoa", "Ngô Thị Hoa", "head_nurse", department())
    key = str(uuid.uuid4())
    desk = signed_in(lua)
    for _ in range(2):  # pressed twice
        answer = sent(desk, at("upload"), jpeg(sheet_of(stay)), jpeg(page_with()), key=key)
    assert ScanBatch.objects.count() == 2 and answer.status_code == 200
    deliver_all()
    paper = Paper.objects.get()
    assert "Chưa xếp" in desk.get(at("desk")).content.decode()
    checking = signed_in(head)
    checking.post(at("desk"), {"chip": "to_check"})
    listed = checking.get(at("desk")).content.decode()
    assert stay.patient.full_name.upper() in listed
    shown = checking.get(at("paper", paper.uuid))
    assert shown.status_code == 200
    checking.post(at("accept", paper.uuid), {"revision": paper.revision})
    paper.refresh_from_db()
    assert (paper.status, paper.checked_by) == ("accepted", head)
    page = ScannedPage.objects.get(paper=None)
    found = desk.post(at("page", page.uuid), {"number": stay.identifier}).content.decode()
    assert stay.patient.full_name.upper() in found
    desk.post(at("file", stay.uuid), {"pages": [str(page.uuid)], "code": "40/BV2", "desk": "1"})
    page.refresh_from_db()
    assert page.paper is not None and page.paper.encounter == stay


def test_another_patients_page_says_both_names(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    tu = admit(make_patient("Phạm Văn Tư"))
    send(jpeg(sheet_of(tu)), binh, encounter=stay, code="40/BV2")
    client = signed_in(binh)
    for address in (at("stay", stay.uuid), at("desk")):
        page = client.get(address).content.decode()
        assert "Đã chặn" in page
        assert stay.patient.full_name.upper() in page and "PHẠM VĂN TƯ" in page
    page = ScannedPage.objects.get()
    client.post(at("file", stay.uuid), {"pages": [str(page.uuid)], "code": "40/BV2"})
    assert not Paper.objects.exists()


def test_a_patient_kept_closely_is_not_named(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    lua = clerk()
    tu = admit(make_patient("Phạm Văn Tư"))
    send(jpeg(sheet_of(tu)), lua, read=False, encounter=stay, code="40/BV2")
    restrict_patient(patient=tu.patient, level="V", reason="staff", by=binh)
    deliver_all()
    page = signed_in(lua).get(at("desk")).content.decode()
    assert "Đã chặn" in page and "PHẠM VĂN TƯ" not in page


def test_every_look_is_written_down_thumbnails_too(ward: tuple[User, User, Encounter]) -> None:
    an, binh, stay = ward
    send(jpeg(sheet_of(stay)), binh)
    page = ScannedPage.objects.get()
    client = signed_in(an)
    for name in ("image", "thumbnail"):
        answer = client.get(at(name, page.uuid))
        assert answer["Content-Type"] == "image/jpeg" and answer["Content-Disposition"].startswith(
            "attachment"
        )
    looks = AuditEvent.objects.filter(action="scanned_page.read", patient_id=stay.patient_id)
    assert sorted(look.detail["small"] for look in looks) == [False, True]
    chi = signed_in(make_chi())
    paper = Paper.objects.get()
    for address in (
        at("image", page.uuid),
        at("paper", paper.uuid),
        at("pdf", paper.uuid),
        at("stay", stay.uuid),
    ):
        assert chi.get(address).status_code == 404
    assert chi.post(at("accept", paper.uuid), {"revision": 1}).status_code in {403, 404}


def test_the_file_as_it_was_sent_is_given_out_where_it_holds_this_patient_alone(
    ward: tuple[User, User, Encounter],
) -> None:
    an, binh, stay = ward
    data = pdf_of([sheet_of(stay), blank()])
    send(data, binh)
    mixed = pdf_of([sheet_of(stay), sheet_of(admit(make_patient("Phạm Văn Tư")), "01/BV2")])
    send(mixed, binh)
    alone, both = (
        ScannedPage.objects.get(batch=batch, number=1) for batch in ScanBatch.objects.order_by("pk")
    )
    client = signed_in(an)
    answer = client.get(at("original", alone.uuid))
    assert answer.content == data and answer["Content-Disposition"].startswith("attachment")
    assert client.get(at("original", both.uuid)).status_code == 404
    assert signed_in(binh).get(at("original", both.uuid)).content == mixed
    assert AuditEvent.objects.filter(action="scan.read").count() == 2


def test_the_uploader_is_not_offered_to_check(ward: tuple[User, User, Encounter]) -> None:
    _an, _binh, stay = ward
    head = make_user("hoa", "Ngô Thị Hoa", "head_nurse", department())
    send(jpeg(sheet_of(stay)), head)
    paper = Paper.objects.get()
    client = signed_in(head)
    shown = client.get(at("paper", paper.uuid)).content.decode()
    assert "người khác sẽ kiểm tra" in shown and at("accept", paper.uuid) not in shown
    client.post(at("desk"), {"chip": "to_check"})
    assert at("paper", paper.uuid) not in client.get(at("desk")).content.decode()
    client.post(at("accept", paper.uuid), {"revision": paper.revision})
    paper.refresh_from_db()
    assert paper.status == "to-check"


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_as_many_queries_for_many_papers_as_for_few(ward: tuple[User, User, Encounter]) -> None:
    an, binh, stay = ward
    lua = clerk()
    rows = build_scanning_rows(stay, binh, "A")
    chart, desk = signed_in(an), signed_in(lua)
    addresses = [(chart, at("stay", stay.uuid)), (desk, at("desk"))]
    for chip in ("unfiled", "to_check"):
        desk.post(at("desk"), {"chip": chip})
        few = [_queries(client, address) for client, address in addresses]
        for more in range(6):
            build_scanning_rows(stay, binh, f"{chip}{more}")
        assert [_queries(client, address) for client, address in addresses] == few
    one = _queries(chart, at("paper", rows["paper_uuid"].uuid))
    assert one < 40


def test_an_empty_sheet_carries_the_code_of_record_and_form(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    client = signed_in(binh)
    page = client.get(at("sheet", stay.uuid), {"code": "40/BV2"})
    assert page.status_code == 200 and "<svg" in page.content.decode()
    assert client.get(at("sheet", stay.uuid), {"code": "khong-co"}).status_code == 302


def test_the_desk_finds_by_name_without_accents(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    send(pdf_of([sheet_of(stay), sheet_of(admit(make_patient("Phạm Văn Tư")), "01/BV2")]), binh)
    desk = signed_in(clerk())
    desk.post(at("desk"), {"chip": "to_check", "q": "pham van tu"})
    found = desk.get(at("desk")).content.decode()
    assert "PHẠM VĂN TƯ" in found and stay.patient.full_name.upper() not in found


def test_taken_back_with_a_reason(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    send(jpeg(sheet_of(stay)), binh)
    paper, desk = Paper.objects.get(), signed_in(clerk())
    desk.post(at("error", paper.uuid), {"reason": ""})
    paper.refresh_from_db()
    assert paper.status == "to-check"
    desk.post(at("error", paper.uuid), {"reason": "Nhầm lần điều trị"})
    paper.refresh_from_db()
    assert paper.status == "entered-in-error"
    assert "Nhầm lần điều trị" in desk.get(at("stay", stay.uuid)).content.decode()
