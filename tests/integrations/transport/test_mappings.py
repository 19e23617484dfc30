"""The mapping tables in the browser: found, mapped, refused, taken away as a file and in again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from emr.common.sheets import as_csv
from integrations.transport.codes import Sent, note_codes
from integrations.transport.mapping import COLUMNS, add_mapping, as_cells, plan_import
from integrations.transport.models import Channel, NeighbourCode
from integrations.transport.services import bury
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, facility, send, state, work_off
from tests.integrations.messages import adt
from tests.integrations.transport.test_pages import desk, integrator, url

__all__ = ["desk", "facility", "integrator", "send"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def his(facility: Organization) -> Channel:
    return Channel.objects.get(name="HIS", direction="in")


@pytest.fixture
def seen(his: Channel) -> Channel:
    """The HIS, two of whose departments and one of whose units nobody knows."""
    note_codes(his, [Sent("department", "NOI-A", "Nội A"), Sent("department", "NGOAI"), Sent("unit", "vien")])
    return his


def codes_on(page: Any) -> list[str]:
    """Their codes, in the order of the page."""
    return [shown["row"].code for shown in page.context["rows"]]


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"NOI-A", "NGOAI", "vien"}),
        ({"q": "nội a"}, {"NOI-A"}),
        ({"kind": "unit"}, {"vien"}),
        ({"q": "nope"}, set()),
        ({"kind": "unit", "state": "mapped"}, set()),
        ({"kind": "nonsense"}, {"NOI-A", "NGOAI", "vien"}),
        ({"page": "99"}, {"NOI-A", "NGOAI", "vien"}),
    ],
)
def test_codes_are_searched_and_narrowed(desk: Client, asked: dict[str, str], found: set[str]) -> None:
    page = desk.get(url("mappings"), asked)
    assert page.status_code == 200
    assert set(codes_on(page)) == found


def test_a_neighbour_s_codes_are_those_of_all_its_channels(desk: Client, seen: Channel) -> None:
    lis = Channel.objects.get(name="LIS", direction="in")
    note_codes(lis, [Sent("service", "GLU-1")])
    assert codes_on(desk.get(url("mappings"), {"neighbour": str(lis.uuid)})) == ["GLU-1"]
    assert "GLU-1" not in codes_on(desk.get(url("mappings"), {"neighbour": str(seen.uuid)}))


def test_the_empty_table_says_so(desk: Client) -> None:
    assert "Mọi mã đều đã có" in desk.get(url("mappings")).content.decode()


def test_a_code_that_is_not_ours_is_refused_and_stays_in_its_box(desk: Client, seen: Channel) -> None:
    row = NeighbourCode.objects.get(code="NOI-A")
    answer = desk.post(f"{url('map_code', row.uuid)}?kind=department", {"mapped_to_text": "K99"})
    assert answer.status_code == 422
    assert 'value="K99"' in answer.content.decode()
    assert set(codes_on(answer)) == {"NOI-A", "NGOAI"}, "the list stays narrowed"
    row.refresh_from_db()
    assert row.mapped_to == ""


def test_what_the_box_shows_is_kept_when_it_is_saved_again(desk: Client, seen: Channel) -> None:
    row = NeighbourCode.objects.get(code="NOI-A")
    kept = desk.post(
        f"{url('map_code', row.uuid)}?state=all", {"mapped_to": "K03", "mapped_to_text": "Khoa Nội"}
    )
    assert kept["Location"].endswith("?state=all")
    assert "K03 · Khoa Nội" in desk.get(url("mappings"), {"state": "all"}).content.decode()
    desk.post(url("map_code", row.uuid), {"mapped_to": "", "mapped_to_text": "K03 · Khoa Nội"})
    row.refresh_from_db()
    assert row.mapped_to == "K03"
    desk.post(url("map_code", row.uuid), {"mapped_to": "", "mapped_to_text": ""})
    row.refresh_from_db()
    assert row.mapped_to == ""
    assert AuditEvent.objects.filter(action="unmapped_code.mapped", agent_name="tichhop").count() == 3
    note_codes(seen, [Sent("department", "NOI-A")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_rowhistory WHERE table_name = 'transport_unmappedcode'")
        assert cursor.fetchone() == (3,), "each mapping, and not that a code was seen again"


def test_a_mapping_is_added_before_its_code_is_seen(desk: Client, his: Channel) -> None:
    asked = {"neighbour": str(his.uuid), "kind": "department", "code_sent": "NGOAI", "mapped_to": "K19"}
    for wrong in (
        {"code_sent": " "},
        {"mapped_to": "K99"},
        {"mapped_to": ""},
        {"neighbour": "x"},
        {"kind": "x"},
    ):
        assert desk.post(url("add_mapping"), asked | wrong).status_code == 422, wrong
    assert not NeighbourCode.objects.exists()
    assert desk.post(url("add_mapping"), asked).status_code == 302
    row = NeighbourCode.objects.get()
    assert (row.mapped_to, row.seen_count, row.last_seen_at) == ("K19", 0, None)
    assert desk.post(url("add_mapping"), asked | {"mapped_to": "K03"}).status_code == 302
    assert NeighbourCode.objects.get().mapped_to == "K03", "the same code is changed, not doubled"


def test_our_codes_are_found_as_somebody_types(desk: Client, facility: Organization) -> None:
    def found(**asked: str) -> list[str]:
        return [row["code"] for row in desk.get(url("our_codes"), asked).json()]

    assert found(kind="department", q="ngoai") == ["K19"], "without accents"
    assert found(parent="bed", q="K03 G1") == ["G1"]
    assert found(kind="staff", q="tich hop") == [User.objects.get(username="tichhop").staff_code]
    assert "umol/L" in found(kind="unit", q="µmol")
    assert found(kind="nonsense", q="x") == []


def test_exactly_the_messages_that_waited_for_the_code_are_freed(
    desk: Client, send: Send, seen: Channel
) -> None:
    def lacking(number: str, *missing: list[str]) -> Any:
        sent = send(adt("A28", number, at=ago(2), number=f"BN{number}"))
        bury(sent, "unmapped_department", {"sent": missing[0][1], "missing": list(missing)})
        return sent

    one = lacking("X1", ["department", "NOI-A", ""])
    both = lacking("X2", ["department", "NOI-A", ""], ["department", "NGOAI", ""])
    other = lacking("X3", ["department", "NGOAI", ""])
    unit = lacking("X4", ["unit", "NOI-A", ""])
    lis = Channel.objects.get(name="LIS", direction="in")
    note_codes(lis, [Sent("department", "NOI-A")])
    shown = {
        (s["row"].kind, s["row"].code, s["row"].channel.name): s["waiting"]
        for s in desk.get(url("mappings")).context["rows"]
    }
    assert (shown["department", "NOI-A", "HIS"], shown["department", "NOI-A", "LIS"]) == (2, 0)

    def say(code: str, channel: Channel, ours: str) -> None:
        row = NeighbourCode.objects.get(kind="department", code=code, channel=channel)
        assert desk.post(url("map_code", row.uuid), {"mapped_to": ours}).status_code == 302
        work_off()

    say("NOI-A", lis, "K03")
    assert [state(m) for m in (one, both, other, unit)] == ["dead"] * 4, "another neighbour's code"
    say("NOI-A", seen, "K03")
    assert [state(m) == "dead" for m in (one, both, other, unit)] == [False, True, True, True]
    say("NGOAI", seen, "K19")
    assert [state(m) == "dead" for m in (one, both, other, unit)] == [False, False, False, True]


def file_of(*rows: tuple[str, ...]) -> str:
    return as_csv(COLUMNS[:5], rows).decode("utf-8-sig")


def upload(desk: Client, content: str) -> Any:
    return desk.post(
        url("import_mappings"), {"file": SimpleUploadedFile("m.csv", content.encode("utf-8-sig"))}
    )


def test_a_file_is_looked_through_then_taken_in_and_again_changes_nothing(
    desk: Client, send: Send, seen: Channel
) -> None:
    sent = send(adt("A28", "X1", at=ago(2)))
    bury(sent, "unmapped_department", {"sent": "NOI-A"})
    content = file_of(
        ("department", "HIS", "99999", "NOI-A", "K03"), ("department", "HIS", "99999", "NGOAI", ""),
        ("unit", "LIS", "99999", "=mmol", "mmol/L"),
    )  # fmt: skip
    looked = upload(desk, content)
    assert looked.status_code == 200
    assert looked.context["counts"] == {"new": 2, "changed": 0, "removed": 0, "same": 1}
    assert not NeighbourCode.objects.exclude(mapped_to="").exists(), "looking changes nothing"
    assert desk.post(url("import_mappings"), {"content": looked.context["content"]}).status_code == 302
    work_off()
    assert state(sent) != "dead"
    assert set(NeighbourCode.objects.exclude(mapped_to="").values_list("code", "mapped_to")) == {
        ("NOI-A", "K03"), ("=mmol", "mmol/L"),
    }  # fmt: skip
    again = upload(desk, content)
    assert again.context["plan"].changes == []
    assert AuditEvent.objects.filter(action="unmapped_code.import").count() == 1


def test_a_file_with_a_wrong_line_does_nothing_and_every_wrong_line_is_named(
    desk: Client, seen: Channel
) -> None:
    content = file_of(
        ("department", "HIS", "99999", "NOI-A", "K03"), ("department", "HIS", "99999", "NGOAI", "K99"),
        ("room", "HIS", "99999", "X", "Y"), ("unit", "HISX", "99999", "X", "g/L"), ("unit", "HIS", "99999", "", "g/L"),
        ("department", "HIS", "99999", "NOI-A", "K19"),
    )  # fmt: skip
    looked = upload(desk, content)
    assert looked.status_code == 422
    assert [text.split(":")[0] for text in looked.context["problems"]] == [
        f"Dòng {n}" for n in (3, 4, 5, 6, 7)
    ]
    assert desk.post(url("import_mappings"), {"content": content}).status_code == 422
    assert not NeighbourCode.objects.exclude(mapped_to="").exists()


@pytest.mark.parametrize("content", ["kind,code\nunit,x\n", "rubbish", "\0\0"])
def test_a_file_of_another_kind_is_refused(desk: Client, content: str) -> None:
    assert upload(desk, content).status_code == 422


def test_no_file_and_bytes_that_are_no_text_are_refused(desk: Client) -> None:
    assert desk.post(url("import_mappings"), {}).status_code == 422
    file = SimpleUploadedFile("m.csv", "Mã".encode("utf-16"))
    assert desk.post(url("import_mappings"), {"file": file}).status_code == 422


def test_what_is_taken_away_can_be_taken_in_again(
    facility: Organization, integrator: User, seen: Channel
) -> None:
    for code in ("=1+1", "-x", "@a", "+b", "'c", 'd"e;f'):
        add_mapping(channel=seen, kind="unit", code=code, mapped_to="g/L", by=integrator)
    content = as_csv(COLUMNS, as_cells(NeighbourCode.objects.all())).decode("utf-8-sig")
    plan = plan_import(facility=facility, content=content)
    assert (plan.problems, plan.changes, len(plan.rows)) == ([], [], 9)


def test_the_table_as_a_file(desk: Client, seen: Channel) -> None:
    answer = desk.get(url("take_mappings"), {"kind": "unit", "state": "all"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert (lines[0], len(lines)) == (",".join(COLUMNS), 2)
    assert lines[1].startswith("unit,HIS,99999,vien,,")
    assert AuditEvent.objects.filter(action="unmapped_code.export").exists()


def test_another_facility_s_codes_do_not_exist(client: Client, seen: Channel) -> None:
    other = Organization.objects.create(kind="facility", code="88888", name="Khác")
    client.force_login(
        make_user("xa", "Người Xa", "integration", other), backend="emr.accounts.backends.StaffBackend"
    )
    row = NeighbourCode.objects.get(code="NOI-A")
    assert client.get(url("mappings"), {"state": "all"}).context["rows"] == []
    assert client.post(url("map_code", row.uuid), {"mapped_to": "K03"}).status_code == 404
    assert client.get(url("our_codes"), {"kind": "department", "q": "K"}).json() == []
    assert "NOI-A" not in client.get(url("take_mappings")).content.decode()
    asked = {"neighbour": str(seen.uuid), "kind": "unit", "code_sent": "x", "mapped_to": "g"}
    assert client.post(url("add_mapping"), asked).status_code == 422


def test_the_list_asks_the_same_few_questions_however_long_it_is(
    desk: Client, seen: Channel, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    note_codes(seen, [Sent("department", f"D{n}") for n in range(40)])
    NeighbourCode.objects.filter(code__startswith="D1").update(mapped_to="K03")
    with django_assert_max_num_queries(18):
        assert len(codes_on(desk.get(reverse("integrations:transport:mappings"), {"state": "all"}))) == 43


def test_a_code_too_long_is_refused(his: Channel, integrator: User) -> None:
    with pytest.raises(DomainError):
        add_mapping(channel=his, kind="unit", code="x", mapped_to="g" * 61, by=integrator)
