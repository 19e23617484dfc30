"""Panels and order sets in the browser: every line checked, every state kept, each head for their own department."""

from typing import Any

import pytest
from django.db import connection
from django.db.utils import Error
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.errors import Conflict, DomainError
from encounters.orders import services
from encounters.orders.models import OrderSet, OrderSetVersion
from encounters.orders.services.sets import SetContent, content_of
from encounters.visits.models import Encounter
from tests.emr.people import make_department, make_facility, make_user
from tests.encounters.orders.tables import make_entry, make_world
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("encounters:orders:sets")
NEW = reverse("encounters:orders:set_new")
CBC = ("laboratory", "XN0001", "Tổng phân tích tế bào máu")
AMOX = ("medication", "", "amox 500 1x3 5n")


@pytest.fixture
def head() -> User:
    """The head of internal medicine, with the shipped tables."""
    make_world()
    return make_user("truong", "Vũ Thị Trưởng", "head_of_department", department())


def content(*lines: tuple[str, str, str], **more: Any) -> SetContent:
    told = {"name": "Viêm phổi nhẹ", "kind": "set", "department": "K03", "diagnosis": "J18"} | more
    return SetContent(lines=lines or (CBC, AMOX), **told)


def edit(by: User, what: SetContent, version: int | None = None, code: str = "VPN") -> OrderSet:
    return services.edit_set(facility=make_facility(), code=code, content=what, by=by, version=version)


def test_each_state_is_kept_with_its_day_and_can_come_back(head: User) -> None:
    made = edit(head, content())
    edit(head, content(AMOX), version=1)
    edit(head, content(AMOX), version=2)  # nothing changed: no version
    assert [version.number for version in made.versions.all()] == [2, 1]
    first = made.versions.get(number=1)
    assert [line[2] for line in first.content["lines"]] == [CBC[2], AMOX[2]]
    services.restore_version(version=first, by=head)
    assert list(content_of(OrderSet.objects.get(pk=made.pk)).lines) == [CBC, AMOX]
    assert made.versions.count() == 3
    with pytest.raises(Error):
        OrderSetVersion.objects.filter(pk=first.pk).update(number=9)


def test_a_set_from_before_keeps_what_it_held(head: User) -> None:
    shipped = OrderSet.objects.get(code="VK5")
    assert shipped.versions.count() == 1  # a file keeps versions too
    OrderSet.objects.create(facility=make_facility(), code="CU", name="Bộ cũ", kind="panel")
    edit(head, content(CBC, name="Bộ cũ", kind="panel"), version=0, code="CU")
    old = OrderSet.objects.get(code="CU")
    assert [version.content["lines"] for version in old.versions.all()] == [[list(CBC)], []]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("medication", "", "amox 500")], "bad_line"),
        ([("medication", "", "khongcothuocnay 1x3")], "bad_line"),
        ([("laboratory", "KHONG", "Không có")], "bad_line"),
        ([("diet", "", " ")], "bad_line"),
        ([CBC] * 41, "invalid"),
    ],
)
def test_a_line_that_nobody_could_order_is_refused(
    head: User, lines: list[tuple[str, str, str]], code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        edit(head, content(*lines))
    assert refusal.value.code == code
    assert not OrderSet.objects.filter(code="VPN").exists()


def test_two_who_change_at_once_and_a_code_that_is_taken(head: User) -> None:
    edit(head, content())
    with pytest.raises(DomainError) as refusal:
        edit(head, content(AMOX))
    assert refusal.value.code == "taken"
    edit(head, content(AMOX), version=1)
    with pytest.raises(Conflict):
        edit(head, content(CBC), version=1)


# -- pages ---------------------------------------------------------------------------------------------------------------


def posted(**more: Any) -> dict[str, Any]:
    return {
        "code": "VPN",
        "name": "Viêm phổi nhẹ",
        "kind": "set",
        "department": "K03",
        "diagnosis": "j18",
        "is_active": "on",
        "place": ["2", "1", "3"],
        "line": ["", "service:XN0001", ""],
        "line_text": ["amox 500 1x3 5n", "công thức máu", ""],
        "was": ["", "", ""],
    } | more


def test_a_head_makes_reorders_removes_and_uses_a_set(head: User) -> None:
    client = signed_in(head)
    assert client.get(NEW).status_code == 200
    assert client.post(NEW, posted()).status_code == 302
    made = OrderSet.objects.get(code="VPN")
    first, second = made.lines.all()
    assert (first.code, second.text, made.diagnosis) == ("XN0001", "amox 500 1x3 5n", "J18")
    page = reverse("encounters:orders:set_edit", args=[made.uuid])
    html = client.get(page).content.decode()
    assert "laboratory|XN0001|" in html
    was = [f"{line.category}|{line.code}|{line.text}" for line in (first, second)]
    changed = posted(
        version="1",
        place=["5", "1", "2"],
        line=["", "", ""],
        line_text=[first.text, "", "para 500 1x3 2n"],
        was=[*was, ""],
    )
    assert client.post(page, changed).status_code == 302
    assert [line.text for line in made.lines.all()] == ["para 500 1x3 2n", first.text]
    assert client.post(page, changed).status_code == 409
    bad = posted(version="2", line_text=["không có gì khớp", "", ""], line=["", "", ""], was=["", "", ""])
    refused = client.post(page, bad)
    assert refused.status_code == 422
    assert "không có gì khớp" in refused.content.decode()
    an = User.objects.get(username="an")
    entry = make_entry(Encounter.objects.get(), an)
    assert services.add_quick(entry=entry, choice="set:VPN", typed="", by=an) == []


def test_another_departments_set_is_read_and_copied_alone(head: User) -> None:
    make_department(make_facility(), "K19", "Khoa Ngoại")
    foreign = edit(head, content(department="K19"), code="NGOAI")
    everyones = OrderSet.objects.get(code="VK5")
    client = signed_in(head)
    for found in (foreign, everyones):
        page = reverse("encounters:orders:set_edit", args=[found.uuid])
        assert "set-form" not in client.get(page).content.decode()
        assert client.post(page, posted(version="1")).status_code == 403
        restore = reverse("encounters:orders:set_restore", args=[found.uuid])
        assert client.post(restore, {"number": "1"}).status_code == 403
        assert client.get(NEW, {"copy": str(found.uuid)}).status_code == 200
    assert client.post(NEW, posted(department="K19")).status_code == 403
    assert client.post(NEW, posted(department="")).status_code == 403
    pharmacist = make_user("hanh", "Ngô Thị Hạnh", "pharmacist", department(), title="DS.")
    assert signed_in(pharmacist).post(NEW, posted(department="")).status_code == 302
    doctor = User.objects.get(username="an")
    assert signed_in(doctor).get(LIST).status_code == 403


def test_the_list_is_searched_and_its_queries_do_not_grow(head: User) -> None:
    client = signed_in(head)
    edit(head, content())
    assert "Viêm phổi nhẹ" in client.get(LIST, {"q": "viem phoi nhe", "department": "K03"}).content.decode()
    assert "Viêm phổi nhẹ" not in client.get(LIST, {"department": "-"}).content.decode()
    counts = []
    for more in (0, 9):
        for index in range(more):
            edit(head, content(), code=f"B{index}")
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    edit(head, content(is_active=False), version=1)
    assert "Viêm phổi nhẹ" not in client.get(LIST, {"q": "VPN"}).content.decode()
    assert "ngừng dùng" in client.get(LIST, {"q": "VPN", "inactive": "1"}).content.decode()
