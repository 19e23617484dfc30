"""The pages under /records/: each role finds what waits for it, sees who is late, and takes the list away."""

import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from encounters.records.models import RecordEvent
from encounters.records.selectors.worklist import late_by, records_for, sample_of
from encounters.visits.models import Encounter
from tests.emr.people import make_chi, make_user
from tests.encounters.records.world import brought_to, choose, left, lent, person, step
from tests.encounters.visits.ward import department, discharge, signed_in, visit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LIST = "/records/"


def _as(who: str) -> Client:
    return signed_in(person(who))


def _page(stay: Encounter) -> str:
    return reverse("encounters:records:record", args=[stay.uuid])


def _shown(client: Client, **wanted: str) -> str:
    client.post(LIST, wanted)
    return client.get(LIST).content.decode()


def _many(count: int, **told: Any) -> list[Encounter]:
    return [left(make_patient(f"Người Bệnh {chr(65 + n)}"), **told) for n in range(count)]


def test_each_role_opens_on_what_waits_for_it() -> None:
    stays = _many(4)
    for stay, state in zip(stays, ("open", "submitted", "accepted", "archived"), strict=True):
        brought_to(state, stay)
    for who, name in (("an", "NGƯỜI BỆNH A"), ("tung", "NGƯỜI BỆNH B"), ("luu", "NGƯỜI BỆNH C")):
        page = _as(who).get(LIST).content.decode()
        assert name in page, who
        assert sum(f"NGƯỜI BỆNH {letter}" in page for letter in "ABCD") == 1, who


def test_found_by_words_without_accents_by_number_and_by_doctor() -> None:
    stay, _other = left(make_patient("Đặng Thị Mười")), left(make_patient("Lê Văn Tám"))
    brought_to("archived", stay)
    stay.refresh_from_db()
    client = _as("tung")
    for words in ("muoi dang", stay.archive_number, stay.identifier, stay.admission_number):
        page = _shown(client, chip="all", q=words)
        assert "ĐẶNG THỊ MƯỜI" in page and "LÊ VĂN TÁM" not in page, words
    page = _shown(client, chip="all", doctor=str(person("an").pk))
    assert "ĐẶNG THỊ MƯỜI" in page and "LÊ VĂN TÁM" in page
    assert "LÊ VĂN TÁM" not in _shown(client, chip="all", doctor=str(person("hoa").pk))


def test_another_departments_records_stay_its_own() -> None:
    stay, chi = left(), make_chi()
    client = signed_in(chi)
    assert stay.patient.full_name.upper() not in client.get(LIST).content.decode()
    assert client.get(_page(stay)).status_code == 404
    assert client.post(f"{_page(stay)}step", {"verb": "complete"}).status_code == 404


def test_whoever_has_the_chart_open_sees_where_its_record_stands_and_changes_nothing() -> None:
    stay, chi = brought_to("archived"), make_chi()
    lent(stay, chi)
    client = signed_in(chi)
    assert client.get(_page(stay)).status_code == 200
    assert client.post(f"{_page(stay)}step", {"verb": "complete"}).status_code == 403


def test_a_visit_that_is_an_examination_stands_on_no_list() -> None:
    seen = visit(make_patient("Khám Thôi"), department=department(), attending=person("an"))
    discharge(seen)
    client = _as("an")
    assert "KHÁM THÔI" not in _shown(client, chip="all")
    assert client.get(_page(seen)).status_code == 200


def test_the_list_costs_the_same_however_long_it_is() -> None:
    client, counts = _as("tung"), []
    for more in (2, 6):
        _many(more)
        client.post(LIST, {"chip": "all"})
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_days_for_handing_in_are_counted_and_late_ones_named() -> None:
    late, fresh = left(make_patient("Trễ Hạn"), days=12), left(make_patient("Còn Hạn"), days=2)
    client = _as("hoa")
    page = _shown(client, chip="all")
    assert "quá hạn 5 ngày" in page and "còn 5 ngày" in page
    page = _shown(client, chip="late")
    assert "TRỄ HẠN" in page and "CÒN HẠN" not in page
    head = person("hoa")
    counts = late_by(records_for(head), late.facility_id, "doctor")
    assert [(row.key, row.count) for row in counts] == [(person("an").pk, 1)]
    assert [row.name for row in late_by(records_for(head), late.facility_id, "department")] == [
        department().name
    ]
    assert person("an").full_name in client.get("/records/late/").content.decode()
    choose("record_hand_in_days", 1, fresh)
    assert late_by(records_for(head), late.facility_id, "doctor")[0].count == 2
    brought_to("submitted", late)
    assert late_by(records_for(head), late.facility_id, "doctor")[0].count == 1


def test_the_sample_takes_so_many_of_each_doctor_and_stays_the_days() -> None:
    for stay in _many(4):
        brought_to("submitted", stay)
    other: User = make_user("dat", "Đỗ Tiến Đạt", "doctor", department())
    theirs = left(make_patient("Người Bệnh Z"))
    theirs.participants.filter(role="ATND").update(practitioner=other)
    brought_to("submitted", theirs)
    planner = person("tung")
    drawn = list(sample_of(records_for(planner), 2))
    assert sorted(row.doctor_id for row in drawn) == sorted([person("an").pk] * 2 + [other.pk])
    assert drawn == list(sample_of(records_for(planner), 2))
    assert _as("tung").get("/records/sample/?each=3").content.decode().count("<td><a") == 4


def test_the_sheet_holds_the_list_as_text() -> None:
    left(make_patient("Người Bệnh A"))
    client = _as("tung")
    client.post(LIST, {"chip": "all"})
    answer = client.get("/records/export")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.values)
    assert rows[1][0] == "Người Bệnh A" and rows[1][7] == "Đang lập"
    assert (
        signed_in(make_user("nga", "Lê Nga", "nurse", department())).get("/records/export").status_code == 403
    )


def test_the_record_is_completed_from_its_page_and_pressed_twice_once() -> None:
    stay, client = left(), _as("an")
    page = client.get(_page(stay)).content.decode()
    assert "Hoàn tất hồ sơ" in page
    posted = {"verb": "complete", "key": page.partition('name="key" value="')[2][:36]}
    for _time in range(2):
        assert client.post(f"{_page(stay)}step", posted).status_code == 302
    assert RecordEvent.objects.count() == 1
    assert client.post(f"{_page(stay)}step", {"verb": "complete"}).status_code == 409
    assert client.post(f"{_page(stay)}step", {"verb": "countersign"}).status_code == 403
    assert client.post(f"{_page(stay)}step", {"verb": "destroy"}).status_code == 422
    chart = client.get(reverse("encounters:visits:detail", args=[stay.uuid])).content.decode()
    assert "Hồ sơ đã đóng: Bác sĩ đã hoàn tất" in chart


def test_faults_are_chosen_from_the_facilitys_list_and_shown_to_the_doctor() -> None:
    stay = brought_to("submitted")
    choose("record_faults", [["X1", "Thiếu phiếu theo mẫu của viện"]], stay)
    client = _as("tung")
    assert "X1 Thiếu phiếu" in client.get(_page(stay)).content.decode()
    refused = client.post(f"{_page(stay)}step", {"verb": "return", "reason": "Sửa", "faults": ["CM03"]})
    assert refused.status_code == 422
    answer = client.post(f"{_page(stay)}step", {"verb": "return", "reason": "Sửa ngay", "faults": ["X1"]})
    assert answer.status_code == 302
    page = _as("an").get(_page(stay)).content.decode()
    assert "Thiếu phiếu theo mẫu của viện" in page and "Sửa ngay" in page and "Hoàn tất hồ sơ" in page


def test_a_step_that_would_be_refused_says_why_instead_of_its_button() -> None:
    stay = left()
    step(stay, "complete", "hoa")
    page = _as("hoa").get(_page(stay)).content.decode()
    assert "Bước này phải do người khác làm" in page and 'value="countersign"' not in page


def test_paper_class_and_hold_are_kept_from_the_page() -> None:
    stay, client = left(), _as("luu")
    for name, posted, code in (
        ("folder", {"is_hybrid": "on", "barcode": "HS-9", "shelf": "K4-11"}, 302),
        ("folder", {"is_hybrid": "on", "barcode": "", "shelf": ""}, 422),
        ("classes", {"classes": ["cosmetic"]}, 302),
        ("classes", {"classes": ["nothing"]}, 422),
        ("hold", {"reason": ""}, 422),
        ("hold", {"reason": "Vụ án 12"}, 302),
    ):
        assert client.post(f"{_page(stay)}{name}", posted).status_code == code, (name, posted)
    page = client.get(_page(stay)).content.decode()
    assert "HS-9 · K4-11" in page and "Vụ án 12" in page
    assert client.post(f"{_page(stay)}hold", {"reason": "Án xong", "lift": "1"}).status_code == 302
    assert "Vụ án 12" not in client.get(_page(stay)).content.decode()
    assert _as("an").post(f"{_page(stay)}hold", {"reason": "Tôi muốn"}).status_code == 403


def test_the_home_card_leads_to_the_doctors_own_records() -> None:
    mine = left(make_patient("Của Tôi"))
    theirs = left(make_patient("Của Người Khác"))
    theirs.participants.filter(role="ATND").update(
        practitioner=make_user("dat", "Đỗ Đạt", "doctor", department())
    )
    card = _as("an").get("/records/panel").content.decode()
    assert _page(mine) in card and _page(theirs) not in card


def test_disposal_is_listed_to_the_archive_alone() -> None:
    brought_to("archived")
    assert _as("luu").get("/records/disposal/").status_code == 200
    assert _as("an").get("/records/disposal/").status_code == 403
