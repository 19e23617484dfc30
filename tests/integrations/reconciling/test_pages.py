"""The morning's pages: rights, nobody's name, lists that narrow, the file, and the same cost on a busy day."""

import csv
import datetime as dt
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from freezegun import freeze_time

from emr.accounts.models import FacilitySetting, Organization, User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.signin.models import StaffSession
from integrations.reconciling import kinds
from integrations.transport.models import DeadLetter
from tests.emr.people import make_an, make_facility, make_user
from tests.encounters import chart
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.integrations.conftest import Send, ago
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.messages import adt
from tests.integrations.neighbour import Neighbour
from tests.integrations.reconciling.conftest import receive
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
NAME = "Lê^Thị Bí Mật"
CREATININE = obx("NM", "CRE^Creatinin^L", "142.75")


def page(name: str, **asked: str) -> str:
    """An address with its question."""
    query = "&".join(f"{key}={value}" for key, value in ({"day": local_today().isoformat()} | asked).items())
    return f"{reverse(f'integrations:reconciling:{name}')}?{query}"


def main(html: str) -> str:
    """What stands between the shell's bars."""
    found = re.search(r"<main.*?</main>", html, re.DOTALL)
    assert found
    return found[0]


def told(number: int, *, visit: str = "") -> bytes:
    """An update of somebody's stay that isn't here."""
    return adt(
        "A04" if not visit else "A08",
        f"T{number}",
        at=ago(1),
        number=f"BN{number:06}",
        name=NAME,
        visit=visit or f"DT{number:06}",
        place="K01" if not visit else "",
        patient_class="O",
    )


@pytest.fixture
def busy(send: Send, facility: Organization) -> None:
    """A stay that isn't here, a message nobody could use, a result without an order."""
    send(told(1))
    send(told(1, visit="DT000900").replace(b"|T1|", b"|T2|"))
    send(adt("A01", "T3", at=ago(1), number="BN000003", name=NAME, place=""))
    pid = f"PID|1||BN000001^^^BV99999^MR||{NAME}||19800517|F"
    send(oru(obr(placer="Y-404"), CREATININE, pid=pid))


@pytest.mark.parametrize("name", ["board", "findings", "told"])
def test_no_name_and_no_patient_number_stands_on_any_page(desk: Client, busy: None, name: str) -> None:
    for asked in ({}, {"matter": "patient"}):
        html = desk.get(page(name, **asked)).content.decode()
        for secret in ("Bí Mật", "BÍ MẬT", "BN000001", "BN000003", "19800517", "142.75", "142,75"):
            assert secret not in main(html), secret
    assert AuditEvent.objects.filter(action__startswith="reconciliation.").count() == 2


def test_who_may_not_read_messages_sees_no_day(client: Client, facility: Organization) -> None:
    for role in ("doctor", "admin", "auditor"):
        client.force_login(
            make_user(f"u{role}", "Ai Đó", role, facility), backend="emr.accounts.backends.StaffBackend"
        )
        for name in ("board", "findings", "told", "file"):
            assert client.get(page(name)).status_code == 403, (role, name)
        assert client.post(page("sign")).status_code == 403


def test_another_facility_s_findings_are_not_listed(client: Client, busy: None) -> None:
    other = make_facility("88888", "Bệnh viện khác")
    client.force_login(
        make_user("la", "Người Lạ", "integration", other), backend="emr.accounts.backends.StaffBackend"
    )
    assert "DT000900" not in client.get(page("findings")).content.decode()
    assert "Hai bên" in client.get(page("board")).content.decode()


def test_each_count_opens_its_list(desk: Client, busy: None) -> None:
    html = main(desk.get(page("board")).content.decode())
    links = re.findall(r'href="(/integrations/reconciliation/(?:findings|told)/\?[^"]+)"', html)
    kinds_linked = {match[1] for link in links if (match := re.search(r"kind=([a-z-]+)", link))}
    assert kinds_linked == {kinds.DEAD_LETTER, kinds.STAY_NOT_HERE, kinds.RESULT_WITHOUT_ORDER}
    for link in links:
        listed = main(desk.get(link.replace("&amp;", "&")).content.decode())
        assert "<tbody>" in listed, link


def test_the_list_is_narrowed_by_kind_system_and_number(desk: Client, busy: None) -> None:
    def rows(**asked: str) -> int:
        return main(desk.get(page("findings", **asked)).content.decode()).count("<tr>") - 1

    assert rows() == 3
    assert rows(kind=kinds.STAY_NOT_HERE) == 1
    assert rows(neighbour="LIS · 99999") == 1
    assert rows(neighbour="EMR") == -1
    assert rows(q="dt0009") == 1
    assert rows(kind="nonsense") == 3
    empty = main(desk.get(page("findings", q="không có")).content.decode())
    assert "Không có điểm nào phù hợp" in empty


@pytest.mark.parametrize("asked", ["", "hôm qua", "0001-01-01", "9999-12-31", "2026-13-01"])
def test_a_day_that_is_none_is_yesterday(desk: Client, facility: Organization, asked: str) -> None:
    html = desk.get(page("board", day=asked)).content.decode()
    assert f"<strong>{local_today() - dt.timedelta(days=1):%d/%m/%Y}</strong>" in html


def test_a_line_offers_what_there_is(desk: Client, busy: None, tin: User) -> None:
    letter = DeadLetter.objects.get()
    html = main(desk.get(page("findings")).content.decode())
    replay = reverse("integrations:transport:replay", args=[letter.uuid])
    assert f'action="{replay}"' in html
    assert reverse("integrations:transport:dead_letter", args=[letter.uuid]) in html
    assert "encounters/" not in html, "who reads no orders is led to none"


def test_the_file_holds_the_list_and_asks_for_fresh_proof(desk: Client, busy: None, tin: User) -> None:
    answer = desk.get(page("file", kind=kinds.STAY_NOT_HERE))
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line[3] for line in lines[1:]] == ["DT000900"]
    assert AuditEvent.objects.filter(action="reconciliation.export").exists()
    StaffSession.objects.filter(user=tin).update(proved_at=now() - dt.timedelta(hours=1))
    again = desk.get(page("file"))
    assert again.status_code == 302


def test_what_was_told_is_listed_with_whether_it_is_here(desk: Client, busy: None) -> None:
    html = main(desk.get(page("told", matter="stay")).content.decode())
    assert ("DT000001" in html, "DT000900" in html) == (True, True)
    missing = main(desk.get(page("told", matter="stay", only="missing")).content.decode())
    assert ("DT000001" in missing, "DT000900" in missing) == (False, True)


@pytest.mark.parametrize(("name", "most"), [("board", 60), ("findings", 60), ("told", 35)])
def test_a_day_costs_the_same_whatever_it_brought(
    desk: Client, busy: None, lis: Neighbour, facility: Organization, name: str, most: int
) -> None:
    FacilitySetting.objects.create(facility=facility, name="reconciling_applied_minutes", value=1)
    chart.load_forms()
    an = make_an()
    used = []
    for numbers in (range(10, 11), range(11, 15)):
        for number in numbers:
            order(admit(make_patient(f"Người Bệnh {number}")), an)
            receive(told(number))
            other = told(number, visit=f"DT0009{number}")
            receive(other.replace(f"|T{number}|".encode(), f"|U{number}|".encode()))
        with freeze_time(now() + dt.timedelta(minutes=2)):
            desk.get(page(name))
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(page(name)).status_code == 200
        used.append(len(queries))
    assert used[0] == used[1]
    assert used[1] <= most
