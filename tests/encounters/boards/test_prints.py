"""Briefings and books on paper: frozen when asked for, made once, read by who asked."""

import datetime as dt

import pypdfium2
import pytest
from django.test import Client

from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.signin.models import StaffSession
from encounters.boards.models import BoardPrint
from encounters.boards.services import MOST_LINES, request_board_print
from tests.emr.signin.test_sessions import come_in
from tests.encounters.boards.world import head, make_ha, make_tung, morning
from tests.encounters.chart import deliver_all
from tests.encounters.visits.ward import admit, ago, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def _asked(client: Client, address: str, **posted: str) -> BoardPrint:
    answer = client.post(address, posted)
    assert answer.status_code == 302, answer.status_code
    return BoardPrint.objects.get(uuid=answer.headers["Location"].split("/")[3])


def _book(client: Client) -> BoardPrint:
    first = f"{local_today() - dt.timedelta(days=5):%d/%m/%Y}"
    client.post("/boards/books/admissions/", {"first": first})
    return _asked(client, "/boards/books/admissions/print")


def test_a_book_becomes_a_sheet_on_its_side_with_every_line() -> None:
    for number in range(3):
        admit(make_patient(f"Người Bệnh {number}"), at=ago(hours=20), late_reason="x")
    client = signed_in(make_tung())
    asked = _book(client)
    assert asked.content["header"]["title"] == "Sổ vào viện – ra viện – chuyển viện"
    assert [row[0] for row in asked.content["rows"]] == ["1", "2", "3"]
    deliver_all()
    asked.refresh_from_db()
    assert asked.status == "ready"
    answer = client.get(f"/boards/prints/{asked.uuid}/pdf")
    page = pypdfium2.PdfDocument(answer.content)[0]
    width, height = page.get_size()
    assert width > height
    text = page.get_textpage()
    assert "Số ngày điều trị" in " ".join(text.get_text_range().split()), "the last column"
    assert max(text.get_charbox(n)[2] for n in range(text.count_chars())) < width - 20, (
        "nothing hangs over the edge"
    )
    assert AuditEvent.objects.filter(action="board_print.print").count() == 1
    assert _book(client).pk == asked.pk, "the same content is one print"


def test_the_briefing_on_paper_is_what_the_page_showed() -> None:
    ha = make_ha()
    day = morning(ha)
    admit(make_patient(), at=day.start + dt.timedelta(hours=1), late_reason="x")
    asked = _asked(signed_in(ha), "/boards/print", day=day.day.isoformat())
    rows = asked.content["rows"]
    assert [row[0] for row in rows] == ["Khoa Nội", "Tổng cộng", "Ngày hôm trước"]
    assert rows[0][1:3] == ["0", "1"]


def test_a_print_is_read_by_who_asked_for_it() -> None:
    admit(make_patient(), at=ago(hours=20), late_reason="x")
    asked = _book(signed_in(make_tung()))
    for other in (make_ha(), head()):
        for page in ("", "state", "pdf"):
            assert signed_in(other).get(f"/boards/prints/{asked.uuid}/{page}").status_code == 404
        assert signed_in(other).post(f"/boards/prints/{asked.uuid}/cancel").status_code == 404
    theirs = _book(signed_in(make_ha()))
    assert theirs.pk != asked.pk


def test_a_book_is_taken_away_with_fresh_proof_alone() -> None:
    """S-22: on paper and as a spreadsheet."""
    admit(make_patient(), at=ago(hours=20), late_reason="x")
    tung = make_tung()
    client = come_in(tung)
    StaffSession.objects.filter(user=tung).update(proved_at=now() - dt.timedelta(minutes=16))
    assert client.post("/boards/books/admissions/print").status_code == 401
    for address in ("/boards/books/admissions/export", "/boards/export", "/boards/records/export"):
        assert client.get(address).headers["Location"].startswith("/prove/"), address
    assert not BoardPrint.objects.exists()


def test_called_off_and_made_after_all() -> None:
    admit(make_patient(), at=ago(hours=20), late_reason="x")
    client = signed_in(make_tung())
    asked = _book(client)
    client.post(f"/boards/prints/{asked.uuid}/cancel")
    deliver_all()
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert client.get(f"/boards/prints/{asked.uuid}/pdf").status_code == 404
    client.post(f"/boards/prints/{asked.uuid}/again")
    deliver_all()
    asked.refresh_from_db()
    assert asked.status == "ready"


def test_nothing_and_too_much_are_refused_in_words() -> None:
    tung = make_tung()
    answer = signed_in(tung).post("/boards/books/deaths/print", follow=True)
    assert "không có gì để in" in answer.content.decode()
    content = {"rows": [["1"]] * (MOST_LINES + 1), "header": {"title": "x"}}
    with pytest.raises(DomainError):
        request_board_print(kind=BoardPrint.Kind.BOOK, content=content, by=tung)
    assert not BoardPrint.objects.exists()
