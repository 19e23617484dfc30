"""Results on paper: made by a worker from what was frozen, one for the same content, for who may print alone."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.storage.services import read_bytes
from encounters.documents import rendering
from encounters.documents.services import prints
from encounters.results import services
from encounters.results.models import DiagnosticReport, ResultPrint
from encounters.results.selectors.through_time import Asked
from encounters.visits.models import Encounter
from tests.emr.people import make_chi, make_department, make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, order, value
from tests.encounters.results.test_through_time import NATRI, at, page
from tests.encounters.visits.ward import ago, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def an_and_stay(settings: Any, tmp_path: Path) -> tuple[User, Encounter]:
    settings.EMR_HOME = tmp_path
    return chart.make_stay(at=ago(hours=3))


def text_of(made: ResultPrint) -> str:
    made.refresh_from_db()
    assert made.attachment is not None
    pdf = read_bytes(made.attachment)
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return told.stdout.decode()


def table_print(stay: Encounter, by: User, asked: Asked | None = None) -> ResultPrint:
    return services.request_table_print(
        patient=stay.patient, encounter=stay, asked=asked or Asked(), listed=Q(), by=by
    )


def test_a_report_is_copied_as_it_stands_and_says_that_it_is_no_signed_form(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    file(stay, facts(value("6.9"), **at(0)))
    report = file(
        stay,
        facts(value("4.9"), value("150", **NATRI), version="2", status="corrected", conclusion="Tăng natri",
              performer="KTV Hạnh", **at(0) | {"issued_at": later(5)}),
        request=order(stay, an),
    ).report  # fmt: skip
    made = services.request_report_print(report=report, by=an)
    assert services.request_report_print(report=report, by=an).pk == made.pk
    assert chart.deliver_all()
    text = text_of(made)
    for told in ("NGUYỄN THỊ ĐÀO", "Kali", "4,9", "6,9", "Natri", "150 ↑", "Tăng natri", "KTV Hạnh"):
        assert told in text, told
    assert "Không thay cho phiếu kết quả có chữ ký" in text
    assert made.status == "ready"


def test_the_table_is_printed_in_blocks_of_ten_times(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    for days in range(13):
        file(stay, facts(value(f"{4 + days / 10:.1f}"), **at(days)))
    made = table_print(stay, an)
    assert [len(block["columns"]) for block in made.content["blocks"]] == [10, 3]
    chart.deliver_all()
    text = text_of(made)
    assert text.count("Kali") == 2
    assert "5,2 ↑" in text
    file(stay, facts(value("4.4"), number="new"))
    assert table_print(stay, an).pk != made.pk
    with pytest.raises(DomainError):
        table_print(stay, an, Asked(text="không có"))


def test_what_was_taken_back_is_not_printed(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    gone = services.take_back(report=file(stay, facts(value())).report, reason="Nhầm", by=an)
    with pytest.raises(DomainError):
        services.request_report_print(report=gone, by=an)


def test_called_off_it_is_not_made_and_asked_for_again_it_is(
    an_and_stay: tuple[User, Encounter], monkeypatch: pytest.MonkeyPatch
) -> None:
    an, stay = an_and_stay
    file(stay, facts(value()))
    made = table_print(stay, an)
    client = signed_in(an)
    client.post(page("cancel_result_print", made.uuid))
    chart.deliver_all()
    made.refresh_from_db()
    assert (made.status, made.attachment) == ("cancelled", None)
    monkeypatch.setattr(rendering, "render_pdf", lambda *_told, **_more: b"%PDF-1.7")
    client.post(page("resume_result_print", made.uuid))
    chart.deliver_all()
    answer = client.get(page("result_print_pdf", made.uuid))
    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7", "application/pdf")


def test_who_asks_on_the_page_is_led_to_the_print_and_it_is_on_record(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    report = file(stay, facts(value("5.9"))).report
    client = signed_in(an)
    for address, told in (
        (page("print_of_stay", stay.uuid), {"text": "Kali"}),
        (page("print_of_patient", stay.patient.uuid), {"only": "abnormal"}),
        (page("print_report", report.uuid), {}),
    ):
        answer = client.post(address, told, follow=True)
        assert answer.redirect_chain, address
        assert answer.redirect_chain[-1][0].startswith("/result-prints/")
        assert "every 2s" in answer.content.decode()
    assert ResultPrint.objects.count() == 3
    assert AuditEvent.objects.filter(action="result_print.request").count() == 3
    chi = signed_in(make_chi())
    made = ResultPrint.objects.first()
    assert made is not None
    for name in ("result_print", "result_print_state", "result_print_pdf"):
        assert chi.get(page(name, made.uuid)).status_code == 404
    assert chi.post(page("print_report", report.uuid)).status_code == 404
    assert chi.post(page("print_of_patient", stay.patient.uuid)).status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE results_resultprint SET content = '{}'",
        "UPDATE results_resultprint SET status = 'cancelled', attachment_id = NULL",
        "DELETE FROM results_resultprint",
    ],
)
def test_the_database_keeps_what_was_printed(an_and_stay: tuple[User, Encounter], statement: str) -> None:
    an, stay = an_and_stay
    made = services.request_report_print(report=file(stay, facts(value())).report, by=an)
    prints.store(ResultPrint, made.pk, pdf=b"%PDF", pages=1)
    assert DiagnosticReport.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_who_performs_prints_single_released_results_and_nothing_else(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    laboratory = make_user(
        "khoa", "Đỗ Minh Khoa", "laboratory", make_department(make_facility(), "K41", "Xét nghiệm")
    )
    client = signed_in(laboratory)
    early = file(stay, facts(value("4.1"), number="P1", status="preliminary")).report
    assert client.post(page("print_report", early.uuid)).status_code == 403
    done = file(stay, facts(value("4.1"), number="P1", version="2")).report
    assert client.post(page("print_report", early.uuid)).status_code == 403
    assert client.post(page("print_report", done.uuid)).status_code == 302
    made = ResultPrint.objects.get(report=done)
    assert client.get(page("result_print", made.uuid)).status_code == 200
    table = table_print(stay, an)
    assert client.get(page("result_print", table.uuid)).status_code == 404
    assert client.post(page("print_of_stay", stay.uuid)).status_code == 403
