"""How a department keeps its records: decided ahead, computed by the day, said over charts, and what it pardons."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from encounters.completeness.selectors import blocking_gaps_of, gaps_of
from encounters.switching import services
from encounters.switching.models import WardMode
from encounters.switching.selectors import ModeBook
from encounters.visits.models import Encounter
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters import chart
from tests.encounters.completeness.world import entry, gaps, make_planner, make_record
from tests.encounters.switching.rows import decide
from tests.encounters.visits.ward import SURGERY, department, discharge, signed_in

pytestmark = pytest.mark.django_db


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:switching:{name}", args=args)


@pytest.fixture
def lan() -> User:
    """Lan of the planning office."""
    return make_planner()


def told(**other: object) -> dict[str, object]:
    known = {"mode": "paper", "begins_on": f"{local_today():%d/%m/%Y}", "decision_number": "12/QĐ-BV"}
    return known | {"decided_by": "BSCKII. Đỗ Thu Hà", "after": 0} | other


# What holds on a day


@given(
    decisions=st.lists(st.tuples(st.sampled_from(WardMode.Mode.values), st.integers(0, 8)), max_size=6),
    day=st.integers(-1, 9),
)
def test_the_decision_with_the_latest_first_day_holds_and_of_two_the_later_one(
    decisions: list[tuple[str, int]], day: int
) -> None:
    start = dt.date(2026, 1, 1)
    book = ModeBook.__new__(ModeBook)
    rows = [
        WardMode(department_id=1, number=number, mode=mode, begins_on=start + dt.timedelta(days=begins))
        for number, (mode, begins) in enumerate(decisions, 1)
    ]
    book._rows = {1: sorted(rows, key=lambda row: (row.begins_on, row.number))}
    begun = [(begins, number, mode) for number, (mode, begins) in enumerate(decisions) if begins <= day]
    assert book.mode(1, start + dt.timedelta(days=day)) == (max(begun)[2] if begun else "electronic")
    in_span = [book.mode(1, start + dt.timedelta(days=one)) != "electronic" for one in range(2, 6)]
    assert book.has_paper(1, start + dt.timedelta(days=2), start + dt.timedelta(days=5)) == any(in_span)


def test_without_a_decision_everything_is_electronic() -> None:
    assert ModeBook(make_facility().pk).mode(department().pk, local_today()) == "electronic"


def test_a_decision_ahead_holds_from_its_day(lan: User) -> None:
    decide(department(), "both", lan)
    decide(department(), "electronic", lan, days_ahead=30)
    book, today = ModeBook(make_facility().pk), local_today()
    assert book.mode(department().pk, today) == "both"
    assert book.mode(department().pk, today + dt.timedelta(days=29)) == "both"
    assert book.mode(department().pk, today + dt.timedelta(days=30)) == "electronic"
    assert book.mode(department(SURGERY).pk, today) == "electronic"
    (planned,) = book.planned(department().pk, today)
    assert planned.mode == "electronic"


def test_what_is_over_isnt_decided_anew_and_a_page_sent_twice_counts_once(lan: User) -> None:
    known = {
        "department": department(),
        "mode": "paper",
        "decision_number": "1",
        "decided_by": "Hà",
        "by": lan,
    }
    with pytest.raises(DomainError, match="hôm nay") as refused:
        services.set_mode(**known, begins_on=local_today() - dt.timedelta(days=1), after=0)
    assert refused.value.field == "begins_on"
    with pytest.raises(DomainError):
        services.set_mode(**(known | {"decided_by": " "}), begins_on=local_today(), after=0)
    with pytest.raises(DomainError):
        services.set_mode(**(known | {"mode": "film"}), begins_on=local_today(), after=0)
    services.set_mode(**known, begins_on=local_today(), after=0)
    with pytest.raises(Conflict):
        services.set_mode(**known, begins_on=local_today(), after=0)
    assert WardMode.objects.count() == 1
    assert AuditEvent.objects.filter(action="ward_mode.change", agent_id=lan.pk).count() == 1


def test_no_decision_is_changed_or_removed(lan: User) -> None:
    made = decide(department(), "paper", lan)
    with pytest.raises(DatabaseError), transaction.atomic():
        WardMode.objects.filter(pk=made.pk).update(mode="electronic")
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()


# Pages


def test_the_planning_office_decides_in_the_browser(lan: User) -> None:
    client = signed_in(lan)
    assert "Khoa Nội" in client.get(page("wards")).content.decode()
    address = page("ward", department().uuid)
    assert client.post(address, told(begins_on="01/01/2020")).status_code == 422
    assert client.post(address, told()).status_code == 302
    assert client.post(address, told()).status_code == 409, "the same page again"
    body = client.get(address).content.decode()
    assert "12/QĐ-BV" in body
    assert "Vũ Thị Lan" in body
    listed = client.get(page("wards"), {"mode": "electronic"}).content.decode()
    assert page("ward", department().uuid) not in listed


def test_others_look_or_dont_and_only_planning_decides(lan: User) -> None:
    ward = department()
    boss = make_user("ha", "Đỗ Thu Hà", "director", ward)
    assert signed_in(boss).get(page("ward", ward.uuid)).status_code == 200
    assert "mode-form" not in signed_in(boss).get(page("ward", ward.uuid)).content.decode()
    assert signed_in(boss).post(page("ward", ward.uuid), told()).status_code == 403
    an = make_user("an", "Nguyễn Văn An", "doctor", ward)
    assert signed_in(an).get(page("wards")).status_code == 403
    far = make_department(make_facility("88888", "Bệnh viện khác"))
    assert signed_in(lan).get(page("ward", far.uuid)).status_code == 404
    assert signed_in(lan).post(page("ward", far.uuid), told()).status_code == 404
    assert not WardMode.objects.exists()


def test_as_many_queries_for_forty_departments_as_for_two(lan: User) -> None:
    client = signed_in(lan)

    def count() -> int:
        client.get(page("wards"))
        with CaptureQueriesContext(connection) as asked:
            client.get(page("wards"))
        return len(asked)

    decide(department(), "both", lan)
    few = count()
    for number in range(40):
        decide(make_department(make_facility(), f"K5{number}", f"Khoa {number}"), "paper", lan)
    assert count() == few


# What it means for charts


def over_the_chart(stay: Encounter, by: User) -> str:
    body = signed_in(by).get(reverse("encounters:visits:detail", args=[stay.uuid])).content.decode()
    return body[body.index('id="patient-banner"') : body.index("chart-rail")]


def test_the_chart_says_how_its_ward_keeps_records(lan: User) -> None:
    an, stay = make_record(days=2)
    assert "bệnh án giấy" not in over_the_chart(stay, an)
    decide(department(SURGERY), "paper", lan)
    assert "bệnh án giấy" not in over_the_chart(stay, an), "another ward's"
    decide(department(), "paper", lan, days_ahead=1)
    assert "bệnh án giấy" not in over_the_chart(stay, an), "not yet"
    decide(department(), "paper", lan)
    assert "Khoa này đang dùng bệnh án giấy" in over_the_chart(stay, an)
    decide(department(), "both", lan)
    assert "in, ký và lưu" in over_the_chart(stay, an)
    decide(department(), "electronic", lan)
    assert "bệnh án giấy" not in over_the_chart(stay, an)


def test_the_words_over_the_chart_cost_no_query(lan: User) -> None:
    an, stay = make_record(days=2)
    client, address = signed_in(an), reverse("encounters:visits:detail", args=[stay.uuid])

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    few = count()
    decide(department(), "paper", lan)
    assert count() == few


@pytest.mark.parametrize("mode", ["paper", "both"])
def test_what_is_missing_is_told_and_stops_nothing_where_the_ward_keeps_paper(lan: User, mode: str) -> None:
    _an, stay = make_record(days=2)
    assert all(gap.blocks for gap in gaps(stay, "daily-entry"))
    decide(department(), mode, lan)
    missing = gaps(stay, "daily-entry")
    assert missing
    assert not any(gap.blocks for gap in missing)
    assert all(gap.on_paper for gap in missing)
    assert not any(gap.on_paper for gap in gaps_of(stay) if gap.rule == "daily-care"), "a reminder stays one"


def test_paper_pardons_no_draft_no_unsigned_page_and_no_missing_outcome(lan: User) -> None:
    an, stay = make_record(days=2)
    chart.begin(stay, an, code="01/BV1")
    entry(stay, an)
    decide(department(), "paper", lan)
    assert "unsigned" in {gap.rule for gap in blocking_gaps_of(stay)}
    discharge(stay, by=an)
    stay.refresh_from_db()
    assert {gap.rule for gap in blocking_gaps_of(stay)} == {"record", "unsigned", "discharge-fields"}
    told = {gap.rule for gap in gaps_of(stay) if gap.on_paper}
    assert {"daily-entry", "record-fields", "discharge-paper"} <= told


def test_a_stay_that_began_on_paper_stays_pardoned_after_the_ward_has_switched(lan: User) -> None:
    _an, stay = make_record(days=2)
    decide(department(), "paper", lan)
    decide(department(), "electronic", lan, days_ahead=1)
    later = local_today() + dt.timedelta(days=1)
    book = ModeBook(stay.facility_id)
    assert book.mode(stay.department_id, later) == "electronic"
    assert book.has_paper(stay.department_id, local_today(), later)
    assert not book.has_paper(stay.department_id, later, later), (
        "who comes after the switch is electronic throughout"
    )
    assert not any(gap.blocks for gap in gaps(stay, "daily-entry"))
