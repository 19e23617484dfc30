"""A list of results that stands open on a screen: what comes in appears there, and nothing is sent while nothing changes."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page, expect

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from encounters.results.models import DiagnosticReport
from encounters.results.services import take_back
from encounters.results.views import reports, through_time
from encounters.visits.models import Encounter
from tests.emr.people import make_chi
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, later, value
from tests.encounters.visits.test_in_the_browser import sign_in
from tests.encounters.visits.ward import ago, signed_in


def address(name: str, *args: Any) -> str:
    return reverse(f"encounters:results:{name}", args=args)


def again(html: str) -> str:
    """Where the list asks again by itself."""
    found = re.search(r'id="report-list" hx-get="([^"]+)"', html)
    assert found
    return unescape(found[1])


def poll(client: Client, where: str) -> tuple[int, str]:
    answer = client.get(where, HTTP_HX_REQUEST="true")
    return answer.status_code, answer.content.decode()


@pytest.fixture
def stay() -> Encounter:
    return chart.make_stay(at=ago(hours=3))[1]


@pytest.fixture
def an(stay: Encounter) -> User:
    return User.objects.get(username="an")


@pytest.mark.django_db
@pytest.mark.parametrize("of", ["stay", "patient"])
def test_nothing_is_sent_or_recorded_until_something_comes_is_replaced_or_taken_back(
    stay: Encounter, an: User, of: str
) -> None:
    client = signed_in(an)
    where = address(f"of_{of}", stay.uuid if of == "stay" else stay.patient.uuid)
    asks = again(client.get(where).content.decode())
    assert poll(client, asks) == (204, "")
    assert AuditEvent.objects.filter(action="report.list").count() == 1, (
        "a page that asks by itself is no look"
    )

    old = file(stay, facts(value("4.1"), title="Điện giải đồ")).report
    status, html = poll(client, asks)
    assert (status, "Điện giải đồ" in html, "Mới" in html, "<html" in html) == (200, True, True, False)
    assert AuditEvent.objects.filter(action="report.list").count() == 2, "what it brings is one"
    asks = again(html)
    assert poll(client, asks) == (204, "")

    new = file(
        stay,
        facts(value("4.9"), title="Điện giải đồ sửa", version="2", status="corrected", issued_at=later(5)),
    ).report
    status, html = poll(client, asks)
    assert (str(new.uuid) in html, str(old.uuid) in html) == (True, False)

    asks = again(html)
    take_back(report=DiagnosticReport.objects.get(pk=new.pk), reason="Nhầm người bệnh", by=an)
    status, html = poll(client, asks)
    assert (status, "Điện giải đồ" in html) == (200, False)
    assert poll(client, again(html)) == (204, "")


@pytest.mark.django_db
def test_what_was_there_when_it_was_opened_isnt_new_and_a_filter_stays(stay: Encounter, an: User) -> None:
    client = signed_in(an)
    file(stay, facts(value("4.1"), title="Kali cũ", number="L1"))
    asks = again(client.get(address("of_stay", stay.uuid) + "?text=kali").content.decode())
    file(stay, facts(value("138"), title="Natri", number="L2"))
    assert poll(client, asks) == (204, ""), "it doesn't fit the filter"
    file(stay, facts(value("4.2"), title="Kali mới đến", number="L3"))
    _status, html = poll(client, asks)
    assert "Natri" not in html
    rows = {name: row for row in html.split("<tr")[1:] for name in ("Kali cũ", "Kali mới đến") if name in row}
    assert ("Mới<" in rows["Kali cũ"], "Mới<" in rows["Kali mới đến"]) == (False, True)


def asks_of(html: str, what: str) -> str:
    """Where the table or the graph asks again by itself."""
    found = re.search(rf'id="results-{what}" hx-get="([^"]+)" hx-trigger="every 1500ms"', html)
    assert found
    return unescape(found[1])


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["table", "graph"])
def test_an_open_table_and_graph_show_what_comes_and_what_is_taken_back(
    stay: Encounter, an: User, what: str
) -> None:
    client = signed_in(an)
    file(stay, facts(value("4.1"), number="L1"))
    name = "table_of_stay" if what == "table" else "graph"
    where = address(name, stay.uuid if what == "table" else stay.patient.uuid)
    key = "2823-3~[substance]"
    html = client.get(where, {"test": key, "period": "five"}).content.decode()
    asks = asks_of(html, what)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert poll(client, asks) == (204, "")
        counts.append(len(captured))
        assert AuditEvent.objects.filter(action=f"report.{what}").count() == number + 1, "asking is no look"
        report = file(
            stay, facts(value(f"5.{number}"), number=f"N{number}", issued_at=later(5 + number))
        ).report
        status, html = poll(client, f"{asks}&test={key}" if what == "table" else asks)
        assert (status, f"5,{number}" in html, "<html" in html) == (200, True, False)
        asks = asks_of(html, what)
        assert "period=five" in asks
    with CaptureQueriesContext(connection) as whole:
        client.get(where, {"test": key})
    assert counts[0] == counts[1] < len(whole)
    if what == "table":
        assert "checked" in html, "what was ticked stays so"
    take_back(report=report, reason="Nhầm người bệnh", by=an)
    status, html = poll(client, asks)
    assert (status, "5,1" in html) == (200, False)
    assert poll(signed_in(make_chi()), asks)[0] == 404


@pytest.mark.parametrize(
    "view",
    [reports.of_stay, reports.of_patient, through_time.of_stay, through_time.of_patient, through_time.graph],
)
def test_asking_keeps_no_screen_open(view: Any) -> None:
    """S-16: what marked views mean is tested with the sessions."""
    assert view.is_polled_fragment


@pytest.mark.django_db
def test_further_pages_dont_ask_and_strangers_are_told_nothing(stay: Encounter, an: User) -> None:
    client = signed_in(an)
    for number in range(51):
        file(stay, facts(value("4.1"), number=f"N{number}"))
    first, second = (
        client.get(address("of_stay", stay.uuid) + f"?page={n}").content.decode() for n in (1, 2)
    )
    assert again(first)
    assert "every 1500ms" not in second
    assert poll(signed_in(make_chi()), again(first))[0] == 404


@pytest.mark.django_db
@pytest.mark.parametrize("rubbish", ["state=&known=x", "state=9&known=²", "known=" + "9" * 5000, "state=%00"])
def test_rubbish_in_the_address_is_a_list_as_any(stay: Encounter, an: User, rubbish: str) -> None:
    file(stay, facts(value("4.1"), title="Kali"))
    status, html = poll(signed_in(an), f"{address('of_stay', stay.uuid)}?{rubbish}")
    assert (status, "Kali" in html) == (200, True)


@pytest.mark.django_db
def test_asking_in_vain_costs_less_than_the_list_and_doesnt_grow(stay: Encounter, an: User) -> None:
    client = signed_in(an)
    where = address("of_stay", stay.uuid)
    counts = []
    for index in range(3):
        file(stay, facts(value("5.6"), number=f"N{index}"))
        asks = again(client.get(where).content.decode())
        with CaptureQueriesContext(connection) as captured:
            assert poll(client, asks)[0] == 204
        counts.append(len(captured))
    with CaptureQueriesContext(connection) as whole:
        client.get(where)
    assert counts[0] == counts[1] == counts[2] < len(whole)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_result_appears_on_the_open_screen_and_the_keyboard_stays_where_it_was(
    page: Page, live_server: Any, stay: Encounter, an: User
) -> None:
    first = file(stay, facts(value("4.1"), title="Kali lần đầu")).report
    sign_in(page, live_server, an)
    page.goto(live_server.url + address("of_stay", stay.uuid))
    page.locator(f"#report-{first.uuid}").focus()
    assert page.get_by_text("Kali vừa có").count() == 0
    file(stay, facts(value("6.9"), title="Kali vừa có", number="L2"))
    expect(
        page.get_by_role("row").filter(has_text="Kali vừa có").get_by_text("Mới", exact=True)
    ).to_be_visible()
    expect(page.locator(f"#report-{first.uuid}")).to_be_focused()
    expect(
        page.get_by_role("row").filter(has_text="Kali lần đầu").get_by_text("Mới", exact=True)
    ).to_have_count(0)
    page.goto(live_server.url + address("table_of_stay", stay.uuid))
    page.get_by_role("checkbox", name="Kali").check()
    page.get_by_role("checkbox", name="Kali").focus()
    file(stay, facts(value("3.33"), number="L3"))
    expect(page.get_by_role("link", name="3,33")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Kali")).to_be_checked()
