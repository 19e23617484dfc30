"""The treatment sheets of a stay as one running print: nothing left out, made once, kept, called off."""

import datetime as dt
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.models import Attachment
from emr.storage.services import read_bytes
from encounters.documents import rendering, services, signed
from encounters.documents.models import CoursePrint, Document
from encounters.documents.services import prints
from encounters.visits.models import Encounter
from encounters.visits.services import transfer
from tests.emr.people import make_binh, make_chi
from tests.encounters import chart
from tests.encounters.documents.entries import amend, multiply, write
from tests.encounters.visits.ward import SURGERY, ago, department, make_bed, signed_in
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db
LATE = {"late_reason": "Mất điện"}


@pytest.fixture
def signatures() -> Iterator[dict[int, list[signed.SignedBy]]]:
    """Who signed which version, as the house above would answer."""
    made: dict[int, list[signed.SignedBy]] = {}
    before = list(signed._registered)
    signed.register_signatures(lambda ids: {key: made[key] for key in ids if key in made})
    yield made
    signed._registered[:] = before


def _stay() -> tuple[User, Encounter]:
    return chart.make_stay(at=ago(days=5), late_reason="Nhập lại")


def _sign(made: dict[int, list[signed.SignedBy]], document: Document) -> None:
    assert document.current_version_id is not None
    at = dt.datetime(2026, 11, 22, 3, 4, 5, tzinfo=dt.UTC)
    made[document.current_version_id] = [signed.SignedBy("BS. Nguyễn Văn An", "Bác sĩ, Khoa Nội", at)]


def _made(stay: Encounter, by: User, **days: Any) -> CoursePrint:
    """Asked for and made."""
    course_print = services.request_course_print(encounter=stay, by=by, **days)
    for event in OutboxEvent.objects.filter(topic="course_print.requested", done_at=None).order_by("pk"):
        deliver(event_id=event.pk)
    course_print.refresh_from_db()
    return course_print


def _text(file: Path, pdf: bytes, need_tool: Any, *more: str) -> str:
    file.write_bytes(pdf)
    tool = need_tool("pdftotext", "poppler-utils")
    return subprocess.run(
        [tool, "-layout", *more, file, "-"], capture_output=True, text=True, check=True
    ).stdout


def test_the_sheets_leave_nothing_out_and_hide_nothing(
    signatures: dict[int, list[signed.SignedBy]], tmp_path: Path, need_tool: Any
) -> None:
    an, stay = _stay()
    first = write(stay, an, "Ngày một: sốt.", medicine="Ceftriaxon 1 g", happened_at=ago(days=4), **LATE)
    wrong = write(stay, an, "Của người khác.", happened_at=ago(days=3, hours=2), **LATE)
    mended = write(stay, an, "Ngày hai: thiếu.", happened_at=ago(days=3), **LATE)
    _sign(signatures, first)
    _sign(signatures, mended)
    services.enter_in_error(document=wrong, reason="Nhầm người bệnh", by=an)
    amend(mended, an, "Ngày hai: đủ.", "Ghi thiếu")
    transfer(
        encounter=stay,
        department=department(SURGERY),
        bed=make_bed("03", SURGERY),
        by=None,
        at=ago(days=1),
        late_reason="Nhập lại",
    )
    stay.refresh_from_db()
    write(stay, an, "Ngày ba: ở khoa Ngoại.", happened_at=ago(hours=1))
    chart.begin(stay, an)
    made = _made(stay, an)
    assert (made.status, made.pages) == ("ready", 2)
    assert made.attachment is not None
    file = tmp_path / "sheets.pdf"
    text = _text(file, read_bytes(made.attachment), need_tool)
    one, two, _end = text.split("\f")
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "MS: 36/BV2",
        f"Số vào viện: {stay.admission_number}",
        f"Mã điều trị: {stay.identifier}",
        "NGUYỄN THỊ ĐÀO",
        "DIỄN BIẾN BỆNH",
    ):
        assert words in one
        assert words in two
    for words in (
        "Ngày một: sốt.",
        "Ceftriaxon 1 g",
        "Đã ký điện tử 10:04:05 22/11/2026",
        "Của người khác.",
        "NHẬP NHẦM",
        "Nhầm người bệnh",
        "Ngày hai: đủ.",
        "Bản 2",
    ):
        assert words in one, words
    assert "thiếu." not in one  # the version before the present one
    assert one.count("CHƯA KÝ") == 2  # the amendment's, and the one entered in error
    assert ("Tờ số: 1" in one, "Tờ số: 2" in two, "Trang 2/2" in two) == (True, True, True)
    assert ("Khoa Nội" in one, "Khoa Ngoại" in one, "Khoa Ngoại" in two) == (True, False, True)
    assert "Giường: 03" in two
    assert "Ngày ba: ở khoa Ngoại." in two
    assert "Gồm 4 lần ghi: 1 đã ký điện tử, 2 chưa ký, 1 nhập nhầm." in two
    assert broken_clauses(file) == ""


def test_entries_run_on_over_numbered_sheets(tmp_path: Path, need_tool: Any) -> None:
    an, stay = _stay()
    entry = write(stay, an, "Tỉnh, không sốt.\n" * 12, happened_at=ago(days=4), **LATE)
    multiply(entry, 7)
    made = _made(stay, an)
    assert made.attachment is not None
    pages = _text(tmp_path / "sheets.pdf", read_bytes(made.attachment), need_tool).split("\f")[:-1]
    assert len(pages) == made.pages > 2
    for number, page in enumerate(pages, start=1):
        assert f"Tờ số: {number}" in page
        assert f"Trang {number}/{len(pages)}" in page
        assert "Y LỆNH" in page
        # An entry's signature stands on the sheet of its text; the head names the diagnosis once more.
        assert page.count("CHƯA KÝ") == page.count("Chẩn đoán:") - 1


def test_the_same_entries_are_one_print_and_a_signature_makes_another(
    signatures: dict[int, list[signed.SignedBy]],
) -> None:
    an, stay = _stay()
    entry = write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    made = _made(stay, an)
    assert made.attachment is not None
    again = _made(stay, make_binh(department()))
    assert (again.pk, again.attachment_id) == (made.pk, made.attachment_id)
    rendered = services.render_course_print(made, lambda _pages: None)
    assert hashlib.sha256(rendered).hexdigest() == made.attachment.sha256
    _sign(signatures, entry)
    after = _made(stay, an)
    assert after.pk != made.pk
    assert after.attachment is not None
    assert after.attachment.sha256 != made.attachment.sha256
    assert Attachment.objects.filter(content_type="application/pdf").count() == 2


def test_only_the_days_asked_for(tmp_path: Path, need_tool: Any) -> None:
    an, stay = _stay()
    for days in (3, 2, 1):
        write(stay, an, f"Trước {days} ngày.", happened_at=ago(days=days), **LATE)
    day = timezone.localdate(ago(days=2))
    made = _made(stay, an, first=day, last=day)
    assert made.attachment is not None
    text = _text(tmp_path / "sheets.pdf", read_bytes(made.attachment), need_tool)
    assert ("Trước 3 ngày." in text, "Trước 2 ngày." in text, "Trước 1 ngày." in text) == (False, True, False)
    assert f"Trích từ ngày {day:%d/%m/%Y} đến ngày {day:%d/%m/%Y}" in text
    with pytest.raises(DomainError) as refusal:
        services.request_course_print(encounter=stay, by=an, last=timezone.localdate(ago(days=4)))
    assert refusal.value.code == "no_entry"


def test_called_off_before_and_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    asked = services.request_course_print(encounter=stay, by=an)
    services.cancel_course_print(course_print=asked, by=an)
    assert _made(stay, an).status == "ready", "asked for again, it is made once"
    write(stay, an, "Khỏe.")
    asked = services.request_course_print(encounter=stay, by=an)
    whole = rendering.render_pdf

    def render_and_lose_patience(*told: Any, **more: Any) -> bytes:
        services.cancel_course_print(course_print=asked, by=an)
        return whole(*told, **more)

    monkeypatch.setattr(rendering, "render_pdf", render_and_lose_patience)
    monkeypatch.setattr(prints, "_TELL_EVERY", 0.0)
    stored = Attachment.objects.count()
    chart.deliver_all()
    asked.refresh_from_db()
    assert (asked.status, asked.attachment) == ("cancelled", None)
    monkeypatch.setattr(rendering, "render_pdf", whole)
    services.resume_course_print(course_print=asked, by=an)
    chart.deliver_all()
    asked.refresh_from_db()
    assert asked.status == "ready"
    assert services.cancel_course_print(course_print=asked, by=an).status == "ready"
    assert Attachment.objects.filter(pk=asked.attachment_id).exists()
    assert Attachment.objects.count() > stored


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("room", "step"),
    [(prints, "report_progress"), (services, "render_course_print"), (prints, "store")],
)
def test_killed_anywhere_and_run_again_there_is_one_result(
    room: Any, step: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    asked = services.request_course_print(encounter=stay, by=an)
    event = OutboxEvent.objects.get(topic="course_print.requested")
    whole = getattr(room, step)

    class Killed(BaseException):
        pass

    def killed(*told: Any, **more: Any) -> None:
        if when == "after":
            whole(*told, **more)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(room, step, killed)
        deliver(event_id=event.pk)
    asked.refresh_from_db()
    assert asked.is_under_way
    OutboxEvent.objects.filter(pk=event.pk).update(lease_until=None)  # the dead worker's lease runs out
    assert deliver(event_id=event.pk)
    assert not deliver(event_id=event.pk)
    asked.refresh_from_db()
    assert asked.status == "ready"
    assert Attachment.objects.filter(content_type="application/pdf").count() == 1


def test_after_the_last_attempt_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    asked = services.request_course_print(encounter=stay, by=an)
    event = OutboxEvent.objects.get(topic="course_print.requested")

    def broken(*_told: Any, **_more: Any) -> bytes:
        raise OSError("no room on the disk")

    monkeypatch.setattr(rendering, "render_pdf", broken)
    for _ in range(4):
        asked.refresh_from_db()
        assert asked.is_under_way
        OutboxEvent.objects.filter(pk=event.pk).update(available_at=timezone.now() - dt.timedelta(days=1))
        deliver(event_id=event.pk)
    asked.refresh_from_db()
    assert asked.status == "failed"
    html = signed_in(an).get(f"/course-prints/{asked.uuid}/").content.decode()
    assert f"/course-prints/{asked.uuid}/again" in html


def test_asking_and_making_take_as_many_queries_for_many_entries_as_for_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    an, stay = _stay()
    entry = write(stay, an, "Tỉnh.", medicine="Ceftriaxon 1 g", happened_at=ago(days=4), **LATE)
    monkeypatch.setattr(rendering, "render_pdf", lambda *_told, **_more: b"%PDF")

    def counted() -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as asking:
            asked = services.request_course_print(encounter=stay, by=an)
        with CaptureQueriesContext(connection) as making:
            services.render_course_print(asked, lambda _pages: None)
        return len(asking), len(making)

    counted()  # what a process looks up once is not counted
    multiply(entry, 2)
    few = counted()
    multiply(entry, 60)
    assert counted() == few


def test_who_may_print_sees_it_through_and_every_step_is_in_the_log() -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    binh = signed_in(make_binh(department()))
    assert "/course/print" in binh.get(f"/encounters/{stay.uuid}/course/").content.decode()
    answer = binh.post(f"/encounters/{stay.uuid}/course/print", {"first": "", "last": ""})
    made = CoursePrint.objects.get()
    assert answer["Location"] == f"/course-prints/{made.uuid}/"
    waiting = binh.get(answer["Location"]).content.decode()
    assert f'hx-get="/course-prints/{made.uuid}/state"' in waiting
    assert binh.get(f"/course-prints/{made.uuid}/pdf").status_code == 404
    chart.deliver_all()
    ready = binh.get(f"/course-prints/{made.uuid}/state").content.decode()
    assert "hx-trigger" not in ready
    pdf = binh.get(f"/course-prints/{made.uuid}/pdf?download")
    assert pdf.content.startswith(b"%PDF")
    assert pdf["Content-Disposition"].startswith("attachment;")
    made.refresh_from_db()
    lines = AuditEvent.objects.filter(entity_id=made.pk, entity_type="documents.CoursePrint")
    assert {line.action: line.agent_name for line in lines} == dict.fromkeys(
        ("course_print.request", "course_print.read", "course_print.print"), "binh"
    )
    assert made.attachment is not None
    assert lines.get(action="course_print.print").detail["sha256"] == made.attachment.sha256


def test_a_stranger_finds_neither_the_button_nor_the_print() -> None:
    """S-01: another department's doctor can't ask for the sheets, watch them or take them."""
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    made = _made(stay, an)
    chi = signed_in(make_chi())
    assert chi.post(f"/encounters/{stay.uuid}/course/print").status_code == 404
    for page in ("", "state", "pdf"):
        assert chi.get(f"/course-prints/{made.uuid}/{page}").status_code == 404
    for verb in ("cancel", "again"):
        assert chi.post(f"/course-prints/{made.uuid}/{verb}").status_code == 404
    assert AuditEvent.objects.filter(outcome="denied", agent_name="chi").count() == 6


def test_days_the_wrong_way_round_are_refused_with_words() -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    days = {"first": "2026-11-22", "last": "2026-11-20"}
    page = signed_in(an).post(f"/encounters/{stay.uuid}/course/print", days, follow=True)
    assert "Ngày cuối" in page.content.decode()
    assert not CoursePrint.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_courseprint SET content = '{}'",
        "UPDATE documents_courseprint SET status = 'cancelled', attachment_id = NULL",
        "DELETE FROM documents_courseprint",
    ],
)
def test_the_database_keeps_what_was_printed(statement: str) -> None:
    an, stay = _stay()
    write(stay, an, "Tỉnh.", happened_at=ago(days=1), **LATE)
    asked = services.request_course_print(encounter=stay, by=an)
    prints.store(CoursePrint, asked.pk, pdf=b"%PDF", pages=1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
