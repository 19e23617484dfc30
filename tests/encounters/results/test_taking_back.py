"""A wrong result is taken back in the browser: by who may, with a reason, and who had seen it hears of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import User
from emr.notices.models import NoticeRecipient
from encounters.results import telling
from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_chi, make_user
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, order, value
from tests.encounters.results.test_through_time import page
from tests.encounters.visits.ward import SURGERY, admit, ago, department, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
SAID = {"cause": "patient", "words": "Nhầm ống", "confirmed": "on"}


@pytest.fixture
def an_and_stay() -> tuple[User, Encounter]:
    return chart.make_stay(at=ago(hours=3))


def technician(role: str = "laboratory") -> User:
    return make_user(f"kt-{role}", "Trần Thị Hạnh", role, department())


def test_the_laboratory_finds_it_by_number_and_takes_it_back_and_who_saw_it_is_told(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    request = order(stay, an)
    report = file(
        stay, facts(value("7.7"), number="XN55|KALI", specimen_number="M0099"), request=request
    ).report
    file(stay, facts(value("4.4"), number="XN5"))
    signed_in(an).get(page("report", report.uuid))
    client = signed_in(technician())
    for number in ("XN55", "M0099"):
        html = client.post(page("take_back_find"), {"number": number}).content.decode()
        assert page("take_back", report.uuid) in html
        assert html.count(page("take_back", report.uuid)) == html.count('/take-back"')
    assert "Không có kết quả" in client.post(page("take_back_find"), {"number": "KHÔNG"}).content.decode()
    shown = client.get(page("take_back", report.uuid)).content.decode()
    assert an.titled_name in shown
    answer = client.post(page("take_back", report.uuid), SAID, follow=True)
    html = answer.content.decode()
    assert "Kết quả của người bệnh khác: Nhầm ống" in html
    assert "<del>7,7 mmol/L</del>" in html
    held = DiagnosticReport.objects.get(replaces=report)
    assert (held.status, held.author) == ("entered-in-error", technician_of(held))
    assert [copy.user for copy in NoticeRecipient.objects.filter(notice__kind=telling.CHANGED)] == [an]
    request.refresh_from_db()
    assert request.status == "active"
    assert client.post(page("take_back", report.uuid), SAID).status_code == 422  # once is enough


def technician_of(report: DiagnosticReport) -> User:
    assert report.author is not None
    assert report.author.username == "kt-laboratory"
    return report.author


@pytest.mark.parametrize(
    "said",
    [{}, SAID | {"cause": ""}, SAID | {"confirmed": ""}, SAID | {"cause": "x"}, SAID | {"words": "x" * 300}],
)
def test_without_a_reason_or_a_second_look_nothing_happens_and_what_was_typed_stays(
    an_and_stay: tuple[User, Encounter], said: dict[str, str]
) -> None:
    _an, stay = an_and_stay
    report = file(stay, facts(value("7.7"))).report
    answer = signed_in(technician()).post(page("take_back", report.uuid), said)
    assert answer.status_code == 422
    assert said.get("words", "") in answer.content.decode()
    assert not DiagnosticReport.objects.filter(status="entered-in-error").exists()


def test_the_integration_desk_sees_whose_it_is_and_never_the_value(
    an_and_stay: tuple[User, Encounter],
) -> None:
    _an, stay = an_and_stay
    report = file(stay, facts(value("7.7"), conclusion="Bí mật")).report
    client = signed_in(technician("integration"))
    shown = client.get(page("take_back", report.uuid)).content.decode()
    assert "NGUYỄN THỊ ĐÀO" in shown
    assert "7,7" not in shown
    assert "Bí mật" not in shown
    assert client.get(page("versions", report.uuid)).status_code == 403
    html = client.post(page("take_back", report.uuid), SAID, follow=True).content.decode()
    assert "7,7" not in html
    assert DiagnosticReport.objects.filter(status="entered-in-error").exists()


def test_the_head_takes_back_in_their_ward_alone_and_others_nowhere(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    report = file(stay, facts(value("7.7"))).report
    head = make_user("dao", "Lê Thị Bích Đào", "head_of_department", department())
    surgeon = make_user("son", "Lê Văn Sơn", "head_of_department", department(SURGERY))
    for user, status in (
        (an, 403),
        (make_binh(department()), 403),
        (make_chi(), 403),
        (surgeon, 404),
        (head, 200),
    ):
        assert signed_in(user).get(page("take_back", report.uuid)).status_code == status, user
        assert signed_in(user).post(page("take_back", report.uuid), {}).status_code == (
            422 if status == 200 else status
        )
    assert page("take_back", report.uuid) in signed_in(head).get(page("report", report.uuid)).content.decode()
    assert (
        page("take_back", report.uuid) not in signed_in(an).get(page("report", report.uuid)).content.decode()
    )
    assert (
        page("take_back", report.uuid)
        not in signed_in(surgeon).post(page("take_back_find"), {"number": "L1"}).content.decode()
    )


def test_what_replaced_what_tells_changes_readers_and_that_it_was_filed_for_somebody_else(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    old = file(stay, facts(value("6.9"))).report
    client = signed_in(an)
    client.get(page("report", old.uuid))
    file(stay, facts(value("4.9"), version="2", status="corrected", issued_at=later(5)))
    html = client.get(page("versions", old.uuid)).content.decode()
    assert "<del>6,9 mmol/L</del>" in html
    assert "4,9" in html
    assert an.titled_name in html
    assert "của người bệnh khác" not in html
    held = DiagnosticReport.objects.get(replaced_by=None)
    signed_in(technician()).post(page("take_back", held.uuid), SAID)
    other = make_patient("Lê Văn Hùng")
    file(admit(other), facts(value("4.9"), version="3", issued_at=later(9)))
    html = client.get(page("versions", old.uuid)).content.decode()
    assert "Dưới số này còn có kết quả của người bệnh khác" in html
    assert "Hùng" not in html


def test_the_queries_of_the_history_do_not_grow(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    client = signed_in(an)
    report = file(stay, facts(value("5"))).report
    counts = []
    for more in ((), range(1, 12)):
        for n in more:
            file(stay, facts(value(str(n)), version=f"C{n}", status="corrected", issued_at=later(n)))
        client.get(page("versions", report.uuid))
        with CaptureQueriesContext(connection) as captured:
            client.get(page("versions", report.uuid))
        counts.append(len(captured))
    assert counts[0] == counts[1]
