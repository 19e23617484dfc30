"""The pages: begun with one click, written, handed over, found again; each behind its right."""

import io
import uuid

import openpyxl
import pytest
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from encounters.attestations import services
from encounters.attestations.models import Abbreviation, Attestation
from encounters.documents.models import Document
from tests.emr.people import make_binh, make_chi, make_user
from tests.encounters.attestations.papers import freeze, issue, make_issued, make_paper
from tests.encounters.chart import make_stay
from tests.encounters.visits.ward import ago, department, discharge, signed_in

pytestmark = pytest.mark.django_db


def at(name: str, *args: object) -> str:
    return reverse(f"encounters:attestations:{name}", args=args)


def test_one_click_after_the_discharge_begins_paper_and_summary() -> None:
    an, stay = make_stay(at=ago(hours=20))
    stay = discharge(stay)
    client = signed_in(an)
    page = client.get(reverse("encounters:visits:detail", args=[stay.uuid])).content.decode()
    assert at("begin", stay.uuid) in page
    answer = client.post(at("begin", stay.uuid), {"kind": ["TT25-02", "TT25-03"]})
    first = Document.objects.get(code="TT25-02")
    assert answer["Location"] == reverse("encounters:documents:document", args=[first.uuid])
    assert set(Attestation.objects.values_list("kind", flat=True)) == {"TT25-02", "TT25-03"}
    edit = client.get(answer["Location"]).content.decode()
    assert at("checks", first.uuid) in edit
    assert client.get(at("checks", first.uuid)).status_code == 200
    listed = client.get(at("stay", stay.uuid)).content.decode()
    assert "Giấy ra viện" in listed and "Bản nháp" in listed


def test_a_stay_that_gives_no_such_paper_says_why() -> None:
    an, stay = make_stay(at=ago(hours=20))
    client = signed_in(an)
    assert "Người bệnh chưa ra viện" in client.get(at("stay", stay.uuid)).content.decode()
    answer = client.post(at("begin", stay.uuid), {"kind": "TT25-02"}, follow=True)
    assert "Người bệnh chưa ra viện" in answer.content.decode()
    assert not Attestation.objects.exists()


def test_the_nurse_hands_it_over_and_issues_nothing() -> None:
    _an, paper = make_issued()
    client = signed_in(make_binh(department()))
    page = client.get(at("paper", paper.uuid))
    assert paper.number in page.content.decode()
    told = {
        "key": str(uuid.uuid4()),
        "receiver_name": "Nguyễn Văn Sáu",
        "relationship": "chồng",
        "copies": "2",
    }
    for _ in range(2):
        assert client.post(at("hand_over", paper.uuid), told).status_code == 302
    assert paper.handovers.count() == 1
    assert (
        client.post(at("hand_over", paper.uuid), told | {"key": str(uuid.uuid4()), "copies": "0"}).status_code
        == 422
    )
    assert client.post(at("reissue", paper.uuid), {"reason": "Mất"}).status_code == 403
    assert client.post(at("take_back", paper.uuid), {"reason": "Sai"}).status_code == 403
    stranger = signed_in(make_chi())
    for name in ("paper",):
        assert stranger.get(at(name, paper.uuid)).status_code == 404


def test_issued_again_and_taken_back_by_the_doctor() -> None:
    an, paper = make_issued()
    client = signed_in(an)
    assert client.post(at("reissue", paper.uuid), {"reason": ""}).status_code == 422
    answer = client.post(at("reissue", paper.uuid), {"reason": "Mất giấy"})
    anew = Attestation.objects.get(replaces=paper)
    assert answer["Location"] == reverse("encounters:documents:document", args=[anew.document.uuid])
    assert client.post(at("take_back", paper.uuid), {"reason": ""}).status_code == 422
    assert client.post(at("take_back", paper.uuid), {"reason": "Sai tên"}).status_code == 302
    paper.refresh_from_db()
    assert paper.status == "cancelled"
    assert client.post(at("take_back", paper.uuid), {"reason": "Sai tên"}).status_code == 409


def test_short_words_beside_the_draft() -> None:
    an, paper = make_paper(frozen=False)
    from tests.encounters.chart import draft_of  # noqa: PLC0415

    draft = draft_of(paper.document)
    client = signed_in(an)
    client.post(
        reverse("encounters:documents:draft", args=[paper.document.uuid]),
        {"a/treatment/0": "Điều trị THA", "version": draft.revision},
    )
    shown = client.get(at("checks", paper.document.uuid)).content.decode()
    assert "tăng huyết áp" in shown
    assert client.post(at("keep", paper.document.uuid), {"reason": ""}).status_code == 422
    answer = client.post(at("in_full", paper.document.uuid), follow=True)
    assert "Điều trị tăng huyết áp" in answer.content.decode()


def test_the_hospital_s_own_words_are_looked_after_by_the_records_office() -> None:
    an, _stay = make_stay()
    clerk = make_user("luu", "Ngô Văn Lưu", "records", department())
    assert signed_in(an).get(at("words")).status_code == 403
    client = signed_in(clerk)
    assert client.post(at("words"), {"short": "VTTG", "full": "viêm tai trung gian"}).status_code == 302
    assert client.post(at("words"), {"short": "VTTG", "full": "khác"}).status_code == 422
    assert "viêm tai trung gian" in client.get(at("words")).content.decode()
    assert client.post(at("remove_word", Abbreviation.objects.get().uuid)).status_code == 302
    assert not Abbreviation.objects.exists()
    assert client.post(at("remove_word", uuid.uuid4())).status_code == 404


def _several(number: int) -> tuple[User, list[Attestation]]:
    an, stay = make_stay(at=ago(hours=20))
    papers = []
    for _ in range(number):
        paper = services.begin_paper(encounter=stay, kind="TT01-V", by=an)
        freeze(paper, an)
        papers.append(paper)
    return an, papers


def test_the_register_finds_by_name_number_kind_and_state_and_goes_away_as_a_sheet() -> None:
    an, papers = _several(3)
    services.take_back(paper=papers[1], reason="Sai ngày", by=an)
    issue(papers[0])
    client = signed_in(an)

    def found(**wanted: str) -> set[str]:
        page = client.post(at("register"), wanted, follow=True).content.decode()
        return {paper.number for paper in papers if paper.number in page}

    numbers = [paper.number for paper in papers]
    assert found() == set(numbers)
    assert found(state="cancelled") == {numbers[1]}
    assert found(q="nguyen thi dao") == set(numbers)
    assert found(q=numbers[2]) == {numbers[2]}
    assert found(kind="TT25-02") == set()
    assert found(year="2020") == set()
    found(state="issued")
    answer = client.get(at("sheet"))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [numbers[0]]
    assert AuditEvent.objects.filter(action="attestation.export").count() == 1


def test_lists_cost_the_same_however_long(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    an, papers = _several(2)
    client, counts = signed_in(an), []
    for more in (0, 4):
        for _ in range(more):
            paper = services.begin_paper(encounter=papers[0].encounter, kind="TT01-V", by=an)
            freeze(paper, an)
        for address in (at("register"), at("stay", papers[0].encounter.uuid)):
            client.get(address)
            with django_assert_max_num_queries(40) as asked:
                assert client.get(address).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


def test_who_sees_the_whole_register_sees_that_no_number_is_missing() -> None:
    an, _papers = _several(2)
    client = signed_in(make_user("luu", "Ngô Văn Lưu", "records", department()))
    assert (
        "Không thiếu số nào" in client.post(at("register"), {"kind": "TT01-V"}, follow=True).content.decode()
    )
    told = signed_in(an).post(at("register"), {"kind": "TT01-V"}, follow=True).content.decode()
    assert "Không thiếu số nào" not in told, "who sees a part of the register can't know"
