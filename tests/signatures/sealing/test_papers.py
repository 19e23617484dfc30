"""Checked paper becomes one sealed digital copy: PDF/A, the marks of its conversion on each page, once."""

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver
from emr.storage.models import Attachment
from emr.storage.services import read_bytes
from encounters.documents.paper import paper_of
from encounters.scanning import services
from encounters.scanning.models import Paper, PaperEvent
from encounters.scanning.services import Action
from signatures.providers.services import issue_demo_seal
from signatures.sealing import services as sealing
from signatures.sealing import subscribers
from signatures.verification.report import verify_pdf
from signatures.verification.services import trusted_roots
from signatures.verification.verdicts import Verdict
from tests.emr.people import make_binh, make_department, make_facility, make_user
from tests.encounters.chart import deliver_all, make_stay
from tests.encounters.scanning.sheets import page_with, pdf_of, send, sheet_of
from tests.encounters.visits.ward import department
from tests.signatures.sealing.test_confirmations import deliver_again
from tests.support.verapdf import broken_clauses

pytestmark = pytest.mark.django_db


def accepted() -> tuple[Paper, User]:
    """Two pages of Bình's, the second lying on its side, accepted by Lụa of the records office."""
    _an, stay = make_stay()
    binh = make_binh(department())
    lua = make_user("luu", "Đặng Thị Lụa", "records", make_department(make_facility(), "K90", "Phòng KHTH"))
    send(pdf_of([sheet_of(stay), page_with()]), binh, encounter=stay, code="40/BV2")
    paper = Paper.objects.get()
    services.arrange(page=paper.pages.get(number=2), action=Action.ROTATE, by=binh)
    paper.refresh_from_db()
    return services.accept(paper=paper, revision=paper.revision, by=lua), lua


def test_sealed_with_the_marks_of_its_conversion(client: Client, tmp_path: Path) -> None:
    """R-60."""
    paper, lua = accepted()
    deliver_all()
    paper.refresh_from_db()
    assert paper.status == "accepted", "without a seal it waits"
    issue_demo_seal(facility=paper.facility)
    deliver_again()
    paper.refresh_from_db()
    assert paper.status == "sealed" and paper.sealed is not None
    pdf = read_bytes(paper.sealed)
    file = tmp_path / "copy.pdf"
    file.write_bytes(pdf)
    assert broken_clauses(file) == ""
    judged = verify_pdf(pdf, roots=trusted_roots())
    assert judged.verdict == Verdict.VALID and [one.signer for one in judged.signatures] == [
        paper.facility.name
    ]
    opened = pypdfium2.PdfDocument(io.BytesIO(pdf))
    assert len(opened) == 2
    for page in opened:
        text = " ".join(page.get_textpage().get_text_range().split())
        for words in (
            "BẢN SỐ HÓA",
            "Bệnh án mở",
            paper.facility.name,
            f"/verify/{paper.verify_code}/",
            paper.created_by.titled_name,
            lua.titled_name,
            "Chuyển đổi lúc",
        ):
            assert words in text, words
    sizes = [tuple(round(side) for side in page.get_size()) for page in opened]
    assert sizes[0] == (595, 842) and sizes[1] == (842, 595), "the second was turned"
    assert [one.uuid for one in paper_of([paper.encounter_id])[paper.encounter_id]] == [paper.uuid]
    answer = client.get(reverse("signatures:verification:code", args=[paper.verify_code])).content.decode()
    assert 'data-verdict="valid"' in answer and paper.patient.full_name not in answer
    services.enter_in_error(paper=paper, reason="Nhầm", by=lua)
    assert paper_of([paper.encounter_id]) == {}
    again = client.get(reverse("signatures:verification:code", args=[paper.verify_code]))
    assert again.status_code == 200 and again.content.decode() != answer


class Killed(BaseException):
    """What `kill -9` looks like from inside."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["seal_paper", "keep_sealed"])
def test_killed_anywhere_and_run_again_there_is_one_sealed_copy(
    step: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, _lua = accepted()
    issue_demo_seal(facility=paper.facility)
    event = OutboxEvent.objects.get(topic="paper.accepted")
    room: Any = sealing if step == "seal_paper" else subscribers
    whole = getattr(room, step)

    def killed(**told: Any) -> None:
        if when == "after":
            whole(**told)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(room, step, killed)
        deliver(event_id=event.pk)
    paper.refresh_from_db()
    assert paper.status == "accepted" and paper.sealed is None
    OutboxEvent.objects.filter(pk=event.pk).update(lease_until=None)  # the dead worker's lease runs out
    assert deliver(event_id=event.pk)
    assert not deliver(event_id=event.pk)
    OutboxEvent.objects.filter(pk=event.pk).update(done_at=None)
    deliver(event_id=event.pk)
    paper.refresh_from_db()
    assert paper.status == "sealed"
    sealed = Attachment.objects.filter(content_type="application/pdf").exclude(
        pk=paper.pages.first().batch.original_id
    )
    assert sealed.count() == PaperEvent.objects.filter(verb="seal").count() == 1


def test_the_same_paper_gives_the_same_bytes() -> None:
    paper, _lua = accepted()
    paper = Paper.objects.select_related("facility", "created_by", "checked_by").get(pk=paper.pk)
    assert services.render_paper(paper) == services.render_paper(paper)
