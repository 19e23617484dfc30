"""Pages find their record by their code; another patient's page never does; nothing is filed twice."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox.models import OutboxEvent
from emr.storage.services import read_bytes
from encounters.documents.paper import paper_of
from encounters.scanning import services
from encounters.scanning.access import unfiled_for
from encounters.scanning.models import Paper, PaperEvent, ScanBatch, ScannedPage
from encounters.scanning.services import Action, Upload, receive
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_department, make_facility, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.scanning.sheets import (
    Turn,
    blank,
    jpeg,
    page_with,
    pdf_of,
    print_of,
    scanned,
    send,
    sheet_of,
)
from tests.encounters.visits.ward import admit, department
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward() -> tuple[User, User, Encounter]:
    """An, Bình, bà Đào's stay."""
    an, stay = make_stay()
    return an, make_binh(department()), stay


def other_stay() -> Encounter:
    """Ông Tư, in the same ward."""
    return admit(make_patient("Phạm Văn Tư"))


def clerk() -> User:
    return make_user("luu", "Đặng Thị Lụa", "records", make_department(make_facility(), "K90", "Phòng KHTH"))


@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(lambda page: page, id="straight"),
        pytest.param(lambda page: page.rotate(90, expand=True), id="turned"),
        pytest.param(lambda page: page.rotate(180), id="upside down"),
        pytest.param(lambda page: page.rotate(2, expand=True, fillcolor=255), id="askew"),
        pytest.param(lambda page: page.resize((page.width * 3 // 4, page.height * 3 // 4)), id="150 dpi"),
    ],
)
def test_our_own_print_files_itself(ward: tuple[User, User, Encounter], turn: Turn) -> None:
    """A real print, scanned grey at 200 dpi with the noise of JPEG."""
    an, binh, stay = ward
    version = print_of(stay, an)
    send(jpeg(turn(scanned(version)[0]), quality=45), binh)
    paper = Paper.objects.get()
    assert (paper.encounter, paper.version, paper.code) == (stay, version, "36/BV2")
    assert paper.status == "to-check" and paper.created_by == binh and paper.day is not None
    assert paper.pages.get().mark_page == 1


def test_pages_of_one_print_stand_in_their_order_however_they_came(
    ward: tuple[User, User, Encounter],
) -> None:
    an, binh, stay = ward
    version = print_of(stay, an, "Diễn biến dài. " * 700)
    pages = scanned(version)
    assert len(pages) >= 2
    send(pdf_of([*reversed(pages)]), binh)
    held = list(Paper.objects.get().pages.filter(removed_at=None))
    assert [page.mark_page for page in held] == list(range(1, len(pages) + 1))
    send(jpeg(pages[0]), binh)
    assert Paper.objects.count() == 1, "another page of the same print joins the open paper"


def test_two_patients_in_one_file_and_each_page_finds_its_record(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, binh, stay = ward
    tu = other_stay()
    send(pdf_of([sheet_of(stay), sheet_of(tu, "01/BV2"), blank(), page_with()]), binh)
    assert {(p.encounter_id, p.code, p.patient_id) for p in Paper.objects.all()} == {
        (stay.pk, "40/BV2", stay.patient_id),
        (tu.pk, "01/BV2", tu.patient_id),
    }
    dropped = ScannedPage.objects.get(is_blank=True)
    assert dropped.removed_at is not None and dropped.image is not None, "dropped, kept"
    assert [page.number for page in unfiled_for(binh)] == [4]
    assert services.restore_blank(batch=dropped.batch, by=binh) == 1
    assert [page.number for page in unfiled_for(binh).order_by("number")] == [3, 4]


def test_another_patients_page_is_stopped_in_this_chart(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    tu = other_stay()
    batch = send(pdf_of([sheet_of(tu), sheet_of(stay)]), binh, encounter=stay, code="40/BV2")
    stopped, fine = batch.pages.order_by("number")
    assert (stopped.problem, stopped.found, stopped.paper) == ("other_patient", tu, None)
    assert fine.paper is not None and fine.paper.encounter == stay
    with pytest.raises(DomainError) as refusal:
        services.file_page(page=stopped, encounter=stay, code="40/BV2", by=binh)
    assert refusal.value.code == "other_patient" and "PHẠM VĂN TƯ" in str(refusal.value)
    assert AuditEvent.objects.filter(action="scanned_page.stop", patient_id=tu.patient_id).exists()
    paper = services.file_page(page=stopped, encounter=tu, code="40/BV2", by=binh)
    assert paper.patient_id == tu.patient_id


def test_two_codes_on_one_page_and_codes_of_nobody_wait_for_a_person(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, binh, stay = ward
    both = Image.new("L", (3308, 2339), 250)
    both.paste(sheet_of(stay), (0, 0))
    both.paste(sheet_of(other_stay()), (1654, 0))
    nobody = page_with("https://benhan.example/verify/ABCDEFGH23456789/")
    foreign = page_with("https://example.com/menu")
    batch = send(pdf_of([both, nobody, foreign]), binh)
    assert [page.problem for page in batch.pages.order_by("number")] == ["two_codes", "unknown", ""]
    assert not Paper.objects.exists()


def test_a_page_for_a_chart_out_of_reach_waits_and_names_nobody(ward: tuple[User, User, Encounter]) -> None:
    _an, _binh, stay = ward
    surgeon = make_user("dung", "Vũ Dũng", "nurse", make_department(make_facility(), "K19", "Khoa Ngoại"))
    batch = send(jpeg(sheet_of(stay)), surgeon)
    assert batch.pages.get().problem == "out_of_reach" and not Paper.objects.exists()
    assert [page.batch_id for page in unfiled_for(clerk())] == [batch.pk], "the records office sees it"


def test_pages_without_a_code_go_to_the_form_that_was_chosen(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    send(pdf_of([page_with(), page_with()]), binh, encounter=stay, code="40/BV2")
    paper = Paper.objects.get()
    assert paper.pages.count() == 2 and paper.code == "40/BV2" and paper.version is None
    send(jpeg(page_with()), binh, encounter=stay, code="40/BV2")
    assert Paper.objects.count() == 2, "another file is another paper"


def test_sent_twice_it_is_one(ward: tuple[User, User, Encounter]) -> None:
    _an, binh, stay = ward
    key, upload = uuid.uuid4(), Upload("a.jpg", jpeg(sheet_of(stay)))
    (first,) = receive(files=[upload], key=key, by=binh)
    (again,) = receive(files=[upload], key=key, by=binh)
    deliver_all()
    OutboxEvent.objects.update(done_at=None)  # delivered twice
    deliver_all()
    assert first == again and ScannedPage.objects.count() == Paper.objects.count() == 1
    assert read_bytes(first.original) == upload.data, "kept byte for byte"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"<svg/>", "bad_file"), (b"%PDF-" + bytes(61 * 1024**2), "too_large")],
)
def test_what_is_no_paper_is_not_taken(ward: tuple[User, User, Encounter], data: bytes, code: str) -> None:
    _an, binh, _stay = ward
    with pytest.raises(DomainError) as refusal:
        send(data, binh)
    assert refusal.value.code == code and not ScanBatch.objects.exists()


def test_a_file_that_cannot_be_read_says_so_and_holds_nobody_up(
    ward: tuple[User, User, Encounter],
) -> None:
    _an, binh, stay = ward
    files = [Upload("hong.pdf", b"%PDF-1.7 hong"), Upload("tot.jpg", jpeg(sheet_of(stay)))]
    bad, good = receive(files=files, key=uuid.uuid4(), by=binh)
    deliver_all()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.problem, good.status) == ("failed", "unreadable", "done")


def test_called_off_it_stops_at_the_next_page(
    ward: tuple[User, User, Encounter], monkeypatch: pytest.MonkeyPatch
) -> None:
    _an, binh, stay = ward
    from encounters.scanning.services import receiving  # noqa: PLC0415

    batch = send(pdf_of([sheet_of(stay)] * 3), binh, read=False)
    whole = receiving.pages_of

    def interrupted(data: bytes, **told: Any) -> Any:
        for page in whole(data, **told):
            if page.number == 2:
                services.cancel_batch(batch=batch, by=binh)
            yield page

    monkeypatch.setattr(receiving, "pages_of", interrupted)
    deliver_all()
    batch.refresh_from_db()
    assert (batch.status, batch.pages.count()) == ("cancelled", 1)


def test_begun_again_it_goes_on_where_it_was(
    ward: tuple[User, User, Encounter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after its second page; the next one doesn't read the first two again."""
    _an, binh, stay = ward
    from encounters.scanning.services import receiving  # noqa: PLC0415

    batch = send(pdf_of([sheet_of(stay)] * 3), binh, read=False)
    whole = receiving.pages_of

    def dying(data: bytes, **told: Any) -> Any:
        for page in whole(data, **told):
            if page.number == 3:
                raise OSError("killed")
            yield page

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "pages_of", dying)
        deliver_all()
    assert batch.pages.count() == 2
    OutboxEvent.objects.filter(done_at=None).update(available_at=now() - dt.timedelta(hours=1))
    deliver_all()
    batch.refresh_from_db()
    assert (batch.status, batch.pages.count(), Paper.objects.get().pages.count()) == ("done", 3, 3)


def test_pages_are_turned_moved_taken_out_and_put_back_until_accepted(
    ward: tuple[User, User, Encounter],
) -> None:
    an, binh, stay = ward
    send(pdf_of([page_with(), page_with(), page_with()]), binh, encounter=stay, code="40/BV2")
    paper = Paper.objects.get()
    first, second, third = paper.pages.order_by("number")

    def order() -> list[int]:
        return [page.number for page in paper.pages.filter(removed_at=None)]

    services.arrange(page=third, action=Action.UP, by=binh)
    assert order() == [1, 3, 2]
    services.arrange(page=first, action=Action.UP, by=binh)
    assert order() == [1, 3, 2], "it is the first already"
    services.arrange(page=third, action=Action.REMOVE, by=binh)
    services.arrange(page=third, action=Action.REMOVE, by=binh)
    assert order() == [1, 2]
    services.arrange(page=third, action=Action.RESTORE, by=binh)
    assert order() == [1, 3, 2]
    services.arrange(page=second, action=Action.UNFILE, by=binh)
    assert order() == [1, 3] and [page.pk for page in unfiled_for(binh)] == [second.pk]
    services.arrange(page=first, action=Action.ROTATE, by=an)
    first.refresh_from_db()
    assert first.rotation == 90
    verbs = list(paper.events.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["file"] * 3 + ["move", "remove", "restore", "unfile", "rotate"]
    with pytest.raises(DatabaseError), transaction.atomic():
        PaperEvent.objects.update(reason="khác")
    paper.refresh_from_db()
    services.accept(paper=paper, revision=paper.revision, by=clerk())
    with pytest.raises(Conflict):
        services.arrange(page=first, action=Action.ROTATE, by=binh)


class TestTheSecondPerson:
    """Checked by somebody who had no hand in it, who saw exactly what they accept."""

    @pytest.fixture
    def paper(self, ward: tuple[User, User, Encounter]) -> Paper:
        _an, binh, stay = ward
        send(jpeg(sheet_of(stay)), binh)
        return Paper.objects.get()

    def test_not_who_brought_it_in(self, paper: Paper) -> None:
        lua = clerk()
        with pytest.raises(DomainError) as refusal:
            services.accept(paper=paper, revision=paper.revision, by=paper.created_by)
        assert refusal.value.code == "own"
        page = paper.pages.get()
        services.arrange(page=page, action=Action.REMOVE, by=lua)
        services.arrange(page=page, action=Action.RESTORE, by=lua)
        paper.refresh_from_db()
        with pytest.raises(DomainError):
            services.accept(paper=paper, revision=paper.revision, by=lua)
        paper.status, paper.checked_by, paper.checked_at = "accepted", paper.created_by, now()
        with pytest.raises(DatabaseError), transaction.atomic():  # the database says so too
            paper.save()

    def test_what_changed_meanwhile_is_looked_at_again(self, paper: Paper) -> None:
        seen = paper.revision
        services.arrange(page=paper.pages.get(), action=Action.ROTATE, by=paper.created_by)
        with pytest.raises(Conflict) as refusal:
            services.accept(paper=paper, revision=seen, by=clerk())
        assert refusal.value.code == "changed"

    def test_accepted_once_however_often_it_is_pressed(self, paper: Paper) -> None:
        lua = clerk()
        for _ in range(2):
            services.accept(paper=paper, revision=paper.revision, by=lua)
        assert OutboxEvent.objects.filter(topic="paper.accepted").count() == 1
        assert paper_of([paper.encounter_id]) == {}, "not before it is sealed"

    def test_returned_mended_handed_in_again(self, paper: Paper) -> None:
        lua = clerk()
        with pytest.raises(DomainError) as refusal:
            services.send_back(paper=paper, reason=" ", by=lua)
        assert refusal.value.code == "no_reason"
        services.send_back(paper=paper, reason="Thiếu chữ ký", by=lua)
        with pytest.raises(Conflict):
            services.accept(paper=paper, revision=paper.revision + 1, by=lua)
        paper = services.hand_in(paper=paper, by=paper.created_by)
        assert (paper.status, paper.reason) == ("to-check", "")
        assert services.accept(paper=paper, revision=paper.revision, by=lua).status == "accepted"

    def test_taken_back_it_stays_to_be_seen(self, paper: Paper) -> None:
        lua = clerk()
        services.accept(paper=paper, revision=paper.revision, by=lua)
        services.enter_in_error(paper=paper, reason="Nhầm lần điều trị", by=lua)
        assert services.keep_sealed(paper_id=paper.pk, pdf=b"%PDF-", level="B-B") is False
        paper.refresh_from_db()
        assert (paper.status, paper.sealed, paper.pages.count()) == ("entered-in-error", None, 1)
        with pytest.raises(DatabaseError), transaction.atomic():
            paper.delete()
