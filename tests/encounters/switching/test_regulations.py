"""The hospital's rules for electronic records: put in force once, read by everybody, never changed (R-09)."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice
from encounters.switching import selectors, services, telling
from encounters.switching.models import Regulation, RegulationReading
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.encounters.completeness.world import make_planner
from tests.encounters.switching.rows import PDF, issue
from tests.encounters.visits.ward import signed_in

pytestmark = pytest.mark.django_db


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:switching:{name}", args=args)


@pytest.fixture
def lan() -> User:
    """Lan of the planning office."""
    return make_planner()


def told(content: bytes = PDF, **other: object) -> dict[str, object]:
    today = f"{local_today():%d/%m/%Y}"
    known = {"number": "45/QĐ-BV", "issued_on": today, "begins_on": today, "signer": "Đỗ Thu Hà", "after": 0}
    return known | {"file": SimpleUploadedFile("q.pdf", content)} | other


def test_number_day_signer_and_paper_are_kept_and_handed_out_as_they_came(lan: User) -> None:
    client = signed_in(lan)
    assert client.post(page("issue"), told()).status_code == 302
    made = Regulation.objects.get()
    body = signed_in(make_an()).get(page("regulation")).content.decode()
    assert "45/QĐ-BV" in body
    assert "Đỗ Thu Hà" in body
    answer = client.get(page("file", made.uuid))
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert AuditEvent.objects.filter(action__in=["regulation.issue", "regulation.file_read"]).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "  "},
        {"begins_on": "01/01/2020"},
        {"file": SimpleUploadedFile("q.pdf", b"MZ not a pdf")},
        {"file": SimpleUploadedFile("q.pdf", b"<html>%PDF-")},
    ],
)
def test_what_isnt_a_signed_paper_is_refused(lan: User, wrong: dict[str, object]) -> None:
    assert signed_in(lan).post(page("issue"), told(**wrong)).status_code == 422
    assert not Regulation.objects.exists()


def test_a_page_sent_twice_is_one_version_and_nothing_is_ever_changed(lan: User) -> None:
    made = issue(make_facility(), lan)
    with pytest.raises(Conflict):
        issue(make_facility(), lan, after=0)
    with pytest.raises(DomainError):
        issue(make_facility(), lan, issued_on=local_today() + dt.timedelta(days=1))
    with pytest.raises(DatabaseError), transaction.atomic():
        Regulation.objects.filter(pk=made.pk).update(number="46")


def test_a_version_ahead_doesnt_hold_yet_and_a_newer_one_holds_from_its_day(lan: User) -> None:
    first = issue(make_facility(), lan)
    later = issue(make_facility(), lan, begins_on=local_today() + dt.timedelta(days=9))
    assert selectors.regulation_in_force(make_facility().pk) == first
    assert selectors.regulation_in_force(make_facility().pk, local_today() + dt.timedelta(days=9)) == later


def test_everybody_says_once_that_they_read_it_and_who_hasnt_is_listed(lan: User) -> None:
    an, binh = make_an(), make_binh()
    make_chi()
    make_user("ai", "Phạm Văn Ai", "inspector", make_department(make_facility()))
    made = issue(make_facility(), lan)
    client = signed_in(an)
    assert client.post(page("confirm", made.uuid)).status_code == 302
    assert client.post(page("confirm", made.uuid)).status_code == 302
    assert RegulationReading.objects.filter(reader=an).count() == 1
    assert AuditEvent.objects.filter(action="regulation.confirm").count() == 1
    assert "Bạn đã đọc" in client.get(page("regulation")).content.decode()
    waiting = [user.full_name for user in selectors.not_read(made)]
    assert waiting == ["Trần Thị Bình", "Lê Thị Chi", "Vũ Thị Lan"], (
        "by given name, without readers from outside"
    )
    assert [user.pk for user in selectors.not_read(made, words="binh tran")] == [binh.pk]
    planner = signed_in(lan)
    body = planner.get(page("unread")).content.decode()
    assert "Trần Thị Bình" in body
    assert "Nguyễn Văn An" not in body
    assert "1/4" in body.replace(" trên ", "/")
    planner.post(page("unread"), {"q": "chi"})
    body = planner.get(page("unread")).content.decode()
    assert "Lê Thị Chi" in body
    assert "Trần Thị Bình" not in body
    assert client.get(page("unread")).status_code == 403


def test_everybody_is_told_of_the_newest_version_alone(lan: User) -> None:
    an = make_an()
    reader = make_user("ai", "Phạm Văn Ai", "inspector", make_department(make_facility()))
    issue(make_facility(), lan)
    issue(make_facility(), lan, number="46/QĐ-BV")
    told = Notice.objects.filter(kind=telling.ISSUED, cause_gone_at=None)
    (notice,) = told
    assert notice.parameters["number"] == "46/QĐ-BV"
    people = set(notice.recipients.values_list("user", flat=True))
    assert {an.pk, lan.pk} <= people
    assert reader.pk not in people


def test_a_new_version_is_read_anew(lan: User) -> None:
    an = make_an()
    services.note_reading(regulation=issue(make_facility(), lan), by=an)
    newer = issue(make_facility(), lan)
    assert an in selectors.not_read(newer)


def test_another_hospitals_rules_arent_there(lan: User) -> None:
    away = make_facility("88888", "Bệnh viện khác")
    stranger = make_user("xa", "Tạ Văn Xa", "planning", make_department(away))
    theirs = issue(away, stranger)
    client = signed_in(lan)
    assert client.get(page("file", theirs.uuid)).status_code == 404
    assert client.post(page("confirm", theirs.uuid)).status_code == 404
    assert theirs.number not in client.get(page("regulation")).content.decode()


def test_as_many_queries_for_sixty_people_as_for_four(lan: User) -> None:
    issue(make_facility(), lan)
    client = signed_in(lan)

    def count() -> int:
        client.get(page("unread"))
        with CaptureQueriesContext(connection) as asked:
            client.get(page("unread"))
        return len(asked)

    few = count()
    for number in range(60):
        make_user(f"n{number}", f"Nguyễn Văn {number}", "nurse", make_department(make_facility()))
    assert count() == few
