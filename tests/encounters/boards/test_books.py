"""The statutory books: each line is composed from what the chart holds, found by days and words, and goes nowhere else."""

import datetime as dt
import io
import json
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from encounters.boards.books import BOOKS
from encounters.boards.books.shape import Asked, found_in
from encounters.boards.periods import LONGEST, Span, span_of
from encounters.documents import services as documents
from encounters.forms.engine import Form, parse
from encounters.forms.services import answers_of
from encounters.forms.shipped import SHIPPED
from encounters.visits import services
from encounters.visits.codes import DiagnosisRole
from encounters.visits.details import Cause, DeathDetails
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.boards.world import KEPT_CLOSELY, head, make_ha, make_tung
from tests.encounters.chart import load_forms
from tests.encounters.forms.filling import Filler
from tests.encounters.visits.ward import SURGERY, admit, ago, department, discharge, know, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LATELY = Asked(Span(local_today() - dt.timedelta(days=5), local_today()))


def shipped(code: str) -> Form:
    return parse(json.loads((SHIPPED / f"{code.replace('/', '-')}.json").read_text("utf-8")))


def _doctor() -> User:
    return User.objects.filter(username="an").first() or make_user(
        "an", "Nguyễn Văn An", "doctor", department(), title="BS."
    )


def _stay(name: str = "Đặng Thị Mười", **told: Any) -> Encounter:
    load_forms()
    return admit(make_patient(name), at=ago(hours=30), late_reason="Nhập lại", attending=_doctor(), **told)


def _cells(code: str, user: User, **asked: Any) -> list[list[str]]:
    wanted = Asked(LATELY.span, **asked)
    rows = found_in(BOOKS[code], user, wanted).rows
    return [line.cells for line in BOOKS[code].lines(list(rows))]


def _named(code: str, cells: list[str]) -> dict[str, str]:
    return {str(column.title): cell for column, cell in zip(BOOKS[code].columns, cells, strict=True)}


def test_an_admission_stands_in_the_book_with_how_it_ended() -> None:
    know("J18.9", "Viêm phổi")
    stay = _stay(referrer_name="TTYT huyện")
    services.record_diagnosis(
        encounter=stay, role=DiagnosisRole.ADMISSION, code="J18.9", text="Viêm phổi thùy", by=_doctor()
    )
    discharge(
        stay,
        disposition="transfer",
        transfer_to_name="BV Bạch Mai",
        transfer_direction="1",
        transfer_reason="x",
    )
    (cells,) = _cells("admissions", make_tung())
    stay.refresh_from_db()
    assert cells[0] == stay.admission_number
    assert "ĐẶNG THỊ MƯỜI" in cells and "TTYT huyện" in cells and "Khoa Nội" in cells
    assert any("J18.9" in cell and "Viêm phổi thùy" in cell for cell in cells)
    assert any("BV Bạch Mai" in cell for cell in cells)


def test_operations_and_procedures_have_a_book_each_with_what_the_report_says() -> None:
    stay, an = _stay(), _doctor()
    done = services.record_procedure(
        encounter=stay,
        kind="surgery",
        text="Cắt ruột thừa",
        started_at=ago(hours=5),
        anaesthesia="general",
        performers=[("operator", an)],
        by=an,
    )
    services.record_procedure(
        encounter=stay, kind="procedure", text="Chọc dịch", started_at=ago(hours=4), by=an
    )
    report = documents.begin_document(encounter=stay, code="06/BV2", by=an, about=done.uuid)
    draft = documents.save_draft(
        document=report, fields=Filler().fields(shipped("06/BV2")), revision=1, by=an
    )
    version = documents.finalize_document(document=report, revision=draft.revision, by=an)
    (operation,) = _cells("surgery", make_tung())
    assert "Cắt ruột thừa" in operation and "BS. Nguyễn Văn An" in operation and "Chọc dịch" not in operation
    after = [str(answer.value) for answer in answers_of(version.response.resource, "done.after.text")]
    assert after and after[0] in operation
    (procedure,) = _cells("procedures", make_tung())
    assert "Chọc dịch" in procedure


def test_a_consultation_stands_in_the_book_when_its_minutes_are_confirmed() -> None:
    stay, an, tung = _stay(), _doctor(), make_tung()
    document = documents.begin_document(encounter=stay, code="27/BV2", by=an)
    assert _cells("consultations", tung) == []
    draft = documents.save_draft(
        document=document, fields=Filler().fields(shipped("27/BV2")), revision=1, by=an
    )
    version = documents.finalize_document(document=document, revision=draft.revision, by=an)
    (cells,) = _cells("consultations", tung)
    for link in ("held.chair", "held.secretary", "members.name", "result.conclusion"):
        for answer in answers_of(version.response.resource, link):
            assert any(str(answer.value) in cell for cell in cells), link


def test_a_death_stands_in_the_book_with_its_causes_and_goes_when_it_was_a_mistake() -> None:
    stay, tung = _stay(), make_tung()
    told = DeathDetails(died_at=ago(hours=2), cause_kind="1", causes=(Cause(line="Ia", text="Suy hô hấp"),))  # type: ignore[arg-type]
    discharge(stay, outcome="5", at=ago(hours=2), death=told, disposition="home")
    (cells,) = _cells("deaths", tung)
    assert any("Suy hô hấp" in cell for cell in cells)
    stay.refresh_from_db()
    services.cancel_discharge(encounter=stay, by=_doctor(), reason="Nhầm người bệnh")
    assert _cells("deaths", tung) == []


def test_words_without_accents_numbers_departments_and_days_narrow_it() -> None:
    tung, stay = make_tung(), _stay()
    _stay("Lê Văn Tám", department=department(SURGERY))
    assert len(_cells("admissions", tung)) == 2
    for words in ("muoi dang", stay.identifier):
        assert [cells[1] for cells in _cells("admissions", tung, words=words)] == ["ĐẶNG THỊ MƯỜI"], words
    assert [cells[1] for cells in _cells("admissions", tung, department_id=department(SURGERY).pk)] == [
        "LÊ VĂN TÁM"
    ]
    earlier = Asked(span_of(local_today() - dt.timedelta(days=60), local_today() - dt.timedelta(days=30)))
    assert not found_in(BOOKS["admissions"], tung, earlier).rows.exists()


def test_days_the_wrong_way_round_are_turned_and_a_book_is_a_year_at_most() -> None:
    today = local_today()
    assert span_of(today, today - dt.timedelta(days=3)) == Span(today - dt.timedelta(days=3), today)
    long = span_of(today - dt.timedelta(days=3000), today)
    assert (long.last - long.first).days + 1 == LONGEST
    assert span_of(None, None).first == today.replace(day=1)


@pytest.mark.parametrize("code", BOOKS)
def test_a_head_reads_the_own_department_a_stranger_nothing(code: str) -> None:
    _stay("Lê Văn Tám", department=department(SURGERY))
    hoa = head()
    assert _cells(code, hoa) == []
    assert signed_in(hoa).get(f"/boards/books/{code}/").status_code == 200
    assert signed_in(_doctor()).get(f"/boards/books/{code}/").status_code == 403


def test_charts_kept_closely_are_counted_and_not_named() -> None:
    stay, ha = _stay(), make_ha()
    type(stay.patient).objects.filter(pk=stay.patient_id).update(**KEPT_CLOSELY)
    found = found_in(BOOKS["admissions"], ha, LATELY)
    assert (list(found.rows), found.hidden) == ([], 1)
    for words in ("muoi", "tam"):
        told = found_in(BOOKS["admissions"], ha, Asked(LATELY.span, words=words))
        assert (list(told.rows), told.hidden) == ([], 1), "no name tells who they are"
    page = signed_in(ha).get("/boards/books/admissions/").content.decode()
    assert "ĐẶNG THỊ MƯỜI" not in page


def test_a_name_that_is_a_formula_stays_a_name_in_the_spreadsheet() -> None:
    """S-28."""
    _stay('=HYPERLINK("http://x","y")')
    client = signed_in(make_ha())
    client.post("/boards/books/admissions/", {"first": f"{LATELY.span.first:%d/%m/%Y}"})
    answer = client.get("/boards/books/admissions/export")
    assert answer.status_code == 200, answer.headers
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    found = [cell for row in sheet.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert [cell.data_type for cell in found] == ["s"]
    line = AuditEvent.objects.filter(action="book.export").latest("pk")
    assert line.detail["count"] == 1


def test_the_queries_dont_grow_with_the_lines() -> None:
    client = signed_in(make_ha())
    for code in BOOKS:
        client.post(f"/boards/books/{code}/", {"first": f"{LATELY.span.first:%d/%m/%Y}"})
    _one_of_each("Một")
    few = {code: _queries(client, code) for code in BOOKS}
    for name in ("Hai", "Ba", "Bốn"):
        _one_of_each(name)
    assert {code: _queries(client, code) for code in BOOKS} == few


def _one_of_each(name: str) -> None:
    stay, an = _stay(f"Người Bệnh {name}"), _doctor()
    for kind in ("surgery", "procedure"):
        services.record_procedure(
            encounter=stay,
            kind=kind,
            text="Làm",
            started_at=ago(hours=5),
            performers=[("operator", an)],
            by=an,
        )
    document = documents.begin_document(encounter=stay, code="27/BV2", by=an)
    draft = documents.save_draft(
        document=document, fields=Filler().fields(shipped("27/BV2")), revision=1, by=an
    )
    documents.finalize_document(document=document, revision=draft.revision, by=an)
    discharge(
        stay, outcome="5", at=ago(hours=2), death=DeathDetails(died_at=ago(hours=2)), disposition="home"
    )


def _queries(client: Client, code: str) -> int:
    client.get(f"/boards/books/{code}/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/boards/books/{code}/").status_code == 200
    return len(captured)


def test_a_number_that_was_taken_back_is_named_below_the_book() -> None:
    stay, tung = _stay(), make_tung()
    number = stay.admission_number
    services.cancel_admission(encounter=stay, by=_doctor(), reason="Nhầm người bệnh")
    assert any(number in remark for remark in found_in(BOOKS["admissions"], tung, LATELY).remarks)
    assert number in signed_in(tung).get("/boards/books/admissions/").content.decode()
    elsewhere = Asked(LATELY.span, department_id=department(SURGERY).pk)
    assert found_in(BOOKS["admissions"], tung, elsewhere).remarks == []
