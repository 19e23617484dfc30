"""Results on pages: the list, one report beside what it replaced, the inbox, the ladder."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.clock import now
from emr.notices import services as notices
from emr.notices.models import Notice, NoticeRecipient
from encounters.results import services, telling
from encounters.results.models import DiagnosticReport, ReportReading, ReportReview
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from tests.emr.people import make_binh, make_chi, make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import FILE, facts, file, later, order, value
from tests.encounters.visits.ward import SURGERY, admit, ago, department, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
INBOX = reverse("encounters:results:inbox")


@pytest.fixture
def an_and_stay() -> tuple[User, Encounter]:
    return chart.make_stay(at=ago(hours=3))


def page(name: str, *args: Any) -> str:
    return reverse(f"encounters:results:{name}", args=args)


def main_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode().split("<main")[1]


def open_notices(user: User) -> int:
    return NoticeRecipient.objects.filter(user=user, is_open=True, notice__kind=telling.CRITICAL).count()


def test_the_list_shows_what_holds_and_is_filtered(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    file(stay, facts(value("7.1"), title="Lần đầu"))
    file(
        stay,
        facts(value("4.0"), title="Điện giải đồ sửa", version="2", status="corrected", issued_at=later(5)),
    )
    file(stay, facts(value("3.1"), title="Kali thấp", number="L2"))
    client = signed_in(an)
    for address in (page("of_stay", stay.uuid), page("of_patient", stay.patient.uuid)):
        html = main_of(client, address)
        assert "Lần đầu" not in html
        assert "Điện giải đồ sửa" in html
        assert "3,1 mmol/L" in html  # what stands out is seen without opening it
        assert "Điện giải đồ sửa" not in main_of(client, f"{address}?only=abnormal")
        assert "Kali thấp" not in main_of(client, f"{address}?text=sửa")
        assert "L3" not in main_of(client, f"{address}?category=imaging")
    assert signed_in(make_chi()).get(page("of_stay", stay.uuid)).status_code == 404


def test_the_queries_of_list_and_inbox_do_not_grow(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    client = signed_in(an)
    addresses = (page("of_stay", stay.uuid), INBOX)
    file(stay, facts(value("5.5")))
    for address in addresses:
        client.get(address)
    counts = []
    for more in (0, 12):
        for index in range(more):
            file(stay, facts(value("5.6"), number=f"N{index}"))
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(address)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_a_corrected_report_shows_what_it_said_before_and_who_saw_that_is_told(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    old = file(
        stay, facts(value("6.9"), value("140", title="Natri", loinc="2951-2", low=None, high=None))
    ).report
    client = signed_in(an)
    main_of(client, page("report", old.uuid))
    assert ReportReading.objects.get().kind == "seen"
    new = file(stay, facts(value("4.9"), version="2", status="corrected", issued_at=later(5))).report
    html = main_of(client, page("report", new.uuid))
    assert "<del>6,9 mmol/L</del>" in html
    assert "<del>Natri 140 mmol/L</del>" in html
    assert page("report", new.uuid) in main_of(client, page("report", old.uuid))
    told = NoticeRecipient.objects.filter(notice__kind=telling.CHANGED)
    assert [copy.user for copy in told] == [an]


def test_a_value_of_the_sender_is_text_and_nothing_else(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    evil = "<script>alert(1)</script>"
    report = file(stay, facts(value(None, title=evil, text=evil), title=evil, narrative=evil)).report
    client = signed_in(an)
    for address in (page("report", report.uuid), page("of_stay", stay.uuid), INBOX):
        assert evil not in client.get(address).content.decode()


def test_a_file_is_shown_to_who_reaches_the_report_alone(
    an_and_stay: tuple[User, Encounter], settings: Any, tmp_path: Path
) -> None:
    settings.EMR_HOME = tmp_path
    an, stay = an_and_stay
    report = file(stay, facts(value(), attachments=(FILE,))).report
    answer = signed_in(an).get(page("file", report.uuid, 1))
    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert signed_in(an).get(page("file", report.uuid, 2)).status_code == 404
    assert signed_in(make_chi()).get(page("file", report.uuid, 1)).status_code == 404


def test_the_inbox_puts_critical_first_and_takes_the_normal_ones_with_one_key(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    for number, result in (("N1", "4.1"), ("K1", "7.2"), ("N2", "4.2"), ("A1", "5.4")):
        file(stay, facts(value(result), title=f"Phiếu {number}", number=number))
    client = signed_in(an)
    assert ">4<" in client.get(page("badge")).content.decode()
    html = main_of(client, INBOX)
    places = [html.index(f"Phiếu {number}") for number in ("K1", "A1", "N2", "N1")]
    assert places == sorted(places)
    normal = [str(review.uuid) for review in ReportReview.objects.filter(urgency=2)]
    everything = [str(review.uuid) for review in ReportReview.objects.all()]
    assert all(f'value="{each}"' in html for each in normal)
    client.post(page("acknowledge_normal"), {"review": everything})
    left = ReportReview.objects.filter(outcome="").values_list("report__filler_number", flat=True)
    assert sorted(left) == ["A1", "K1"]  # nothing but normal ones goes together, whatever is sent
    report = DiagnosticReport.objects.get(filler_number="K1")
    answer = client.post(page("acknowledge", report.uuid), {"note": "Đã xử trí"}, follow=True)
    assert "Phiếu K1" not in answer.content.decode().split("<table")[1]
    reading = ReportReading.objects.get(report=report, kind="acknowledged")
    assert (reading.reader, reading.note) == (an, "Đã xử trí")
    assert open_notices(an) == 0


def test_nobody_but_the_orderer_and_the_ward_acknowledges(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    report = file(stay, facts(value()), request=order(stay, an)).report
    assert signed_in(make_binh(department())).post(page("acknowledge", report.uuid)).status_code == 403
    chi = make_chi()
    assert signed_in(chi).post(page("acknowledge", report.uuid)).status_code == 404
    visits.transfer(encounter=stay, department=department(SURGERY), by=None)
    assert report.title in main_of(signed_in(chi), INBOX)  # the new ward has it
    assert report.title in main_of(signed_in(an), f"{INBOX}?whose=mine")  # who ordered it keeps it
    assert signed_in(chi).post(page("acknowledge", report.uuid)).status_code == 302
    assert not ReportReview.objects.filter(outcome="").exists()


def test_what_was_replaced_meanwhile_is_not_acknowledged(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    old = file(stay, facts(value())).report
    file(stay, facts(value("9"), version="2", status="corrected", issued_at=later(5)))
    answer = signed_in(an).post(page("acknowledge", old.uuid))
    assert answer.status_code == 409
    assert not ReportReading.objects.filter(kind="acknowledged").exists()


def test_a_critical_result_climbs_from_the_orderer_to_the_team_to_the_head(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    colleague = make_user("dung", "Lê Dũng", "doctor", department())
    head = make_user("dao", "Lê Thị Bích Đào", "head_of_department", department())
    file(stay, facts(value("7.4")), request=order(stay, an))
    assert (open_notices(an), open_notices(colleague), open_notices(head)) == (1, 0, 0)
    for minutes, told in ((16, (1, 1, 0)), (31, (1, 1, 1))):
        Notice.objects.update(
            authored_at=now() - dt.timedelta(minutes=minutes), next_step_at=now() - dt.timedelta(seconds=1)
        )
        notices.climb_due()
        assert (open_notices(an), open_notices(colleague), open_notices(head)) == told


def test_taking_a_notice_on_is_not_acknowledging_and_rings_again(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    colleague = make_user("dung", "Lê Dũng", "doctor", department())
    file(stay, facts(value("7.4")), request=order(stay, an))
    notices.acknowledge(notice=Notice.objects.get(), by=an)
    telling.look()
    assert open_notices(an) == 0
    Notice.objects.update(closed_at=now() - dt.timedelta(minutes=16))
    telling.look()
    telling.look()
    assert (open_notices(an), open_notices(colleague)) == (1, 1)
    services.acknowledge(report=DiagnosticReport.objects.get(), by=colleague)
    telling.look()
    assert (open_notices(an), open_notices(colleague)) == (0, 0)


def test_the_ward_to_which_the_patient_has_moved_hears_of_it(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    chi = make_chi()
    file(stay, facts(value("7.4")), request=order(stay, an))
    visits.transfer(encounter=stay, department=department(SURGERY), by=None)
    telling.look()
    assert (open_notices(an), open_notices(chi)) == (1, 1)


def test_a_result_without_a_stay_goes_to_who_cared_last() -> None:
    an, stay = chart.make_stay(at=ago(hours=3))
    file(stay, facts(value("7.4")), encounter=None)
    assert open_notices(an) == 1
    nobody = make_patient("Lê Văn Hùng")
    admin = make_user("quantri", "Lý Công Thành", "admin", department())
    file(admit(nobody), facts(value("7.4"), number="L9"), encounter=None, facility=make_facility())
    assert admin.pk  # somebody is told of everything: see the notices room
    assert "Kali" in main_of(signed_in(an), INBOX)
