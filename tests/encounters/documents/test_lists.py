"""Overdue signatures for those whom they concern; a long stay's pages ask no more than a short one's."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from emr.accounts.models import FacilitySetting, User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.documents import services
from encounters.documents.models import Document, DocumentBytes
from encounters.documents.selectors import overdue_for
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_user
from tests.encounters import chart
from tests.encounters.documents.entries import multiply, write
from tests.encounters.visits.ward import SURGERY, ago, department, signed_in

pytestmark = pytest.mark.django_db


def _written(by: User, stay: Encounter, text: str, *, hours_ago: float) -> Document:
    """Written and confirmed some hours ago."""
    with freeze_time(now() - dt.timedelta(hours=hours_ago)):
        return write(stay, by, text)


def _signed(document: Document) -> None:
    version = document.current_version
    assert version is not None
    stored = services.store_rendering(version=version, pdf=b"%PDF")
    DocumentBytes.objects.create(
        version=version, revision=1, attachment=stored.attachment, sha256=stored.sha256
    )


@pytest.fixture
def ward() -> dict[str, Any]:
    """An's and Em's entries: overdue, signed, in time, amended again, taken back."""
    an, stay = chart.make_stay(at=ago(days=5), late_reason="Nhập lại")
    em = make_user("em", "Vũ Văn Em", "doctor", department(), title="BS.")
    ours = _written(an, stay, "Của An.", hours_ago=30)
    theirs = _written(em, stay, "Của Em.", hours_ago=50)
    _signed(_written(an, stay, "Đã ký.", hours_ago=40))
    _written(an, stay, "Còn hạn.", hours_ago=2)
    wrong = _written(an, stay, "Nhầm.", hours_ago=45)
    services.enter_in_error(document=wrong, reason="Nhầm", by=an)
    head = make_user("truong", "Lê Văn Trưởng", "head_of_department", department(), title="BSCKII.")
    return {"an": an, "em": em, "head": head, "stay": stay, "ours": ours, "theirs": theirs}


def test_an_author_sees_his_own_a_head_the_whole_department(ward: dict[str, Any]) -> None:
    assert list(overdue_for(ward["an"])) == [ward["ours"]]
    assert list(overdue_for(ward["em"])) == [ward["theirs"]]
    assert list(overdue_for(ward["head"])) == [ward["theirs"], ward["ours"]]
    assert not overdue_for(make_binh(department()))
    elsewhere = make_user("khac", "Phạm Văn Khác", "head_of_department", department(SURGERY), title="BSCKI.")
    assert not overdue_for(elsewhere)


def test_the_facility_says_how_long(ward: dict[str, Any]) -> None:
    FacilitySetting.objects.create(facility=ward["stay"].facility, name="sign_within_hours", value=48)
    assert list(overdue_for(ward["head"])) == [ward["theirs"]]
    _signed(ward["theirs"])
    assert not overdue_for(ward["head"])


def test_the_page_is_filtered_and_says_when_it_is_empty(ward: dict[str, Any]) -> None:
    head = signed_in(ward["head"])

    def shown(query: str = "") -> str:
        return head.get(f"/documents/overdue/{query}").content.decode()

    both = shown()
    for document in (ward["ours"], ward["theirs"]):
        assert f"/documents/{document.uuid}/" in both
    only = shown(f"?author={ward['em'].uuid}")
    assert f"/documents/{ward['theirs'].uuid}/" in only
    assert f"/documents/{ward['ours'].uuid}/" not in only
    assert "Không có tài liệu quá hạn ký" in shown(f"?department={department(SURGERY).uuid}")
    assert (
        "Không có tài liệu quá hạn ký"
        in signed_in(make_binh(department())).get("/documents/overdue/").content.decode()
    )
    assert AuditEvent.objects.filter(action="document.overdue", agent_name="truong").count() == 3


def test_course_and_documents_mark_what_is_overdue(ward: dict[str, Any]) -> None:
    client = signed_in(ward["an"])
    for page in ("course", "documents"):
        html = client.get(f"/encounters/{ward['stay'].uuid}/{page}/").content.decode()
        assert (html.count("Quá hạn ký"), html.count("Chờ ký")) == (2, 1), page


def test_the_list_has_pages_that_keep_the_filter(ward: dict[str, Any]) -> None:
    multiply(ward["ours"], 60)
    head = signed_in(ward["head"])
    page = head.get(f"/documents/overdue/?author={ward['an'].uuid}&page=2").content.decode()
    assert page.count("<td><strong>") == 11
    assert 'form="overdue-filter" name="page" value="1"' in page
    assert f'value="{ward["an"].uuid}" selected' in page


def test_the_home_page_leads_there(ward: dict[str, Any]) -> None:
    mine = signed_in(ward["an"]).get("/documents/unfinished/").content.decode()
    assert f"/documents/overdue/?author={ward['an'].uuid}" in mine
    everybody = signed_in(ward["head"]).get("/documents/overdue/panel").content.decode()
    assert "2 tài liệu quá hạn ký" in everybody
    assert signed_in(ward["an"]).get("/documents/overdue/panel").status_code == 403


def test_a_nurses_home_page_shows_what_she_began(ward: dict[str, Any]) -> None:
    """`documents.note` is enough: checklists are hers."""
    binh = make_binh(department())
    services.begin_document(encounter=ward["stay"], code="BK-TRUOCMO", by=binh)
    mine = signed_in(binh).get("/documents/unfinished/")
    assert mine.status_code == 200 and "BK-TRUOCMO" in mine.content.decode()
    assert "/documents/unfinished/" in signed_in(binh).get("/").content.decode()


@pytest.mark.parametrize("page", ["course", "documents"])
def test_a_page_of_five_hundred_entries_asks_no_more_than_one_of_two(page: str) -> None:
    an, stay = chart.make_stay(at=ago(days=30), late_reason="Nhập lại")
    entry = write(stay, an, "Tỉnh.", happened_at=ago(days=29), late_reason="Nhập lại")
    client = signed_in(an)
    address = f"/encounters/{stay.uuid}/{page}/"
    multiply(entry, 1)
    few = _asked(client, address)
    multiply(entry, 500)
    assert _asked(client, address) == few
    assert few <= 12 + 2  # in a test the request's transaction is a savepoint, begun and released


def test_the_list_of_overdue_signatures_asks_no_more_for_many(ward: dict[str, Any]) -> None:
    client = signed_in(ward["head"])
    few = _asked(client, "/documents/overdue/")
    multiply(ward["ours"], 45)
    assert _asked(client, "/documents/overdue/") == few


def _asked(client: Client, address: str) -> int:
    client.get(address)  # what a process or a session looks up once is not counted
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
