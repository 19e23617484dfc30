"""Care sheets 37/BV2 and 38/BV2: columns that begin with the last one's words, other rows' facts beside them, one sheet."""

import io
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.common.errors import Conflict, DomainError
from encounters.bedside import services
from encounters.bedside.care_form import level_in
from encounters.bedside.models import CareColumn, CareSheet, Execution
from encounters.bedside.selectors import care as selectors
from encounters.documents.models import Document
from encounters.monitoring.services import record_fluid
from encounters.orders.models import ServiceRequest
from encounters.results.services import record_vital_signs
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.bedside.world import at, care, clock, make_world, this_shift, tick
from tests.encounters.chart import deliver_all
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db
SEEN = {"skin": "Hồng", "mobility": "Đi lại có người đỡ", "intervention": "Thay băng vết thương"}


@pytest.fixture(autouse=True)
def morning() -> Any:
    call_command("load_bedside_forms", stdout=io.StringIO())
    with clock():
        yield


def write(stay: Encounter, by: User, **told: Any) -> CareColumn:
    usual = {"level": "2", "items": SEEN, "key": uuid.uuid4()}
    return services.write_column(encounter=stay, by=by, **usual | told)


def sheet(stay: Encounter, by: User, code: str = "38/BV2") -> Document:
    return services.compose_care(encounter=stay, code=code, shift=this_shift(), by=by)


def said_on(document: Document) -> dict[str, Any]:
    document.refresh_from_db()
    return document.current_version.composition["sections"]["care"]


def lines_of(section: dict[str, Any]) -> dict[str, list[str]]:
    [table] = section["tables"]
    return {
        line["title"]: [cell["text"] for cell in line["cells"]]
        for group in table["groups"]
        for line in group["lines"]
    }


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("Chăm sóc cấp I", "1"),
        ("Chăm sóc cấp II, ăn lỏng", "2"),
        ("CS cấp III", "3"),
        ("chăm sóc cấp 1", "1"),
        ("Chăm sóc vết mổ", ""),
        ("Cấp cứu", ""),
    ],
)
def test_the_level_is_read_from_the_orders_words(words: str, level: str) -> None:
    assert level_in(words) == level


def test_a_column_says_what_was_copied_and_has_its_key_once() -> None:
    _an, binh, stay = make_world()
    first = write(stay, binh, happened_at=at("08:00"))
    key = uuid.uuid4()
    told = {"items": SEEN | {"skin": "Nhợt"}, "copied_from": first, "key": key}
    second = write(stay, binh, **told)
    # What was done is said anew each time: the same words aren't a copy.
    assert (second.copied, second.copied_from) == (["mobility"], first)
    assert write(stay, binh, **told) == second
    with pytest.raises(Conflict):
        write(stay, binh, **told | {"items": SEEN})
    with pytest.raises(Conflict):
        write(stay, make_user("lan", "Vũ Thị Lan", "nurse", department()), **told)
    assert CareColumn.objects.count() == 2


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"items": {"skin": "Hồng", "intervention": "  "}}, "nothing_done"),
        ({"level": ""}, "level_missing"),
        ({"happened_at": "later"}, "future"),
        ({"happened_at": "before"}, "before_stay"),
    ],
)
def test_what_no_column_may_be(told: dict[str, Any], code: str) -> None:
    _an, binh, stay = make_world()
    times = {"later": at("11:30"), "before": at("04:00")}
    told |= {"happened_at": times[told["happened_at"]]} if "happened_at" in told else {}
    with pytest.raises(DomainError) as refused:
        write(stay, binh, **told)
    assert refused.value.code == code
    assert not CareColumn.objects.exists()


def test_the_sheet_holds_what_other_rooms_recorded_and_is_signed_as_it_was() -> None:
    an, binh, stay = make_world()
    record_vital_signs(encounter=stay, values={"pulse": 88}, by=binh, effective_at=at("07:50"))
    record_vital_signs(encounter=stay, values={"pulse": 96}, by=binh, effective_at=at("09:30"))
    for kind, volume, hour in (("in-infusion", 500, "09:00"), ("out-urine", 300, "09:10")):
        told = {"kind": kind, "volume": volume, "happened_at": at(hour), "key": uuid.uuid4()}
        record_fluid(encounter=stay, by=binh, **told)
    tick(care(stay, an, "Xoay trở", category="monitoring"), at("06:00"), binh, happened_at=at("09:20"))
    first = write(stay, binh, happened_at=at("08:00"))
    second = write(stay, binh, happened_at=at("10:00"), copied_from=first)
    document = sheet(stay, binh)
    said = said_on(document)
    lines = lines_of(said)
    assert (document.code, document.author, document.status) == ("38/BV2", binh, Document.Status.FINAL)
    assert said["uuids"] == [str(first.uuid), str(second.uuid)]
    assert lines["Mạch (/ph)"] == ["88", "96"]
    assert (lines["Dịch truyền"], lines["Tổng vào"], lines["Vào trừ ra"]) == (
        ["", "500"],
        ["", "500"],
        ["", "200"],
    )
    assert lines["Y lệnh đã thực hiện"] == ["", "09:20 Xoay trở"]
    assert lines["Da, niêm mạc"] == ["Hồng", "Hồng"]
    assert [cell["is_copied"] for cell in _cells(said, "Da, niêm mạc")] == [False, True]
    assert sheet(stay, binh) == document
    assert document.versions.count() == 1
    deliver_all()
    assert document.current_version.bytes.count() == 1
    # A fact told later makes the next version, to be signed anew; the first stays what it was.
    record_vital_signs(encounter=stay, values={"temperature": 38}, by=binh, effective_at=at("09:55"))
    assert sheet(stay, binh).versions.count() == 2
    assert lines_of(said_on(document))["Nhiệt độ (°C)"] == ["", "38,0"]
    assert "Nhiệt độ (°C)" not in lines_of(document.versions.get(number=1).composition["sections"]["care"])


def _cells(section: dict[str, Any], title: str) -> list[dict[str, Any]]:
    [table] = section["tables"]
    return next(
        line["cells"] for group in table["groups"] for line in group["lines"] if line["title"] == title
    )


def test_each_nurse_and_form_has_its_sheet_and_many_columns_their_tables() -> None:
    _an, binh, stay = make_world()
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    for minute in range(10):
        write(stay, binh, level="1", happened_at=at(f"09:{minute:02}"))
    write(stay, lan, happened_at=at("10:00"))
    hourly = said_on(sheet(stay, binh, "37/BV2"))
    assert [len(table["columns"]) for table in hourly["tables"]] == [8, 2]
    assert len(hourly["uuids"]) == 10
    assert len(said_on(sheet(stay, lan))["uuids"]) == 1
    with pytest.raises(DomainError) as none:
        sheet(stay, binh)
    assert none.value.code == "empty"


def test_a_correction_is_a_new_row_of_the_nurse_alone_and_the_sheet_shows_it_until_made_anew() -> None:
    _an, binh, stay = make_world()
    column = write(stay, binh)
    document = sheet(stay, binh)
    told = {"level": "2", "items": SEEN | {"skin": "Nhợt"}, "reason": "Nhầm", "key": uuid.uuid4()}
    lan = make_user("lan", "Vũ Thị Lan", "nurse", department())
    with pytest.raises(DomainError) as foreign:
        services.correct_column(column=column, by=lan, **told)
    assert foreign.value.code == "other_person"
    right = services.correct_column(column=column, by=binh, **told)
    assert services.correct_column(column=column, by=binh, **told) == right
    with pytest.raises(Conflict):
        services.take_back_column(column=column, reason="Nhầm", by=binh, key=uuid.uuid4())
    [held] = selectors.held_columns(stay, at("06:00"), at("14:00"))
    assert held == right
    assert selectors.signed_on(stay, [held])[held.pk].state == selectors.CHANGED
    sheet(stay, binh)
    assert lines_of(said_on(document))["Da, niêm mạc"] == ["Nhợt"]
    # Every column taken back takes the document back; the next column of the shift begins another.
    services.take_back_column(column=right, reason="Nhầm người bệnh", by=binh, key=uuid.uuid4())
    assert sheet(stay, binh).status == Document.Status.ENTERED_IN_ERROR
    write(stay, binh)
    again = sheet(stay, binh)
    assert again != document
    assert CareSheet.objects.filter(encounter=stay).count() == 2


def test_the_database_keeps_columns_as_they_are() -> None:
    _an, binh, stay = make_world()
    column = write(stay, binh)
    for change in (lambda: CareColumn.objects.update(items={}), column.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        CareColumn.objects.create(
            facility=stay.facility,
            patient=stay.patient,
            encounter=stay,
            department=stay.department,
            level="2",
            happened_at=column.happened_at,
            author=binh,
            replaces=column,
        )


def test_level_one_is_due_each_hour() -> None:
    an, binh, stay = make_world()
    care(stay, an, "Chăm sóc cấp I")
    column = write(stay, binh, level="1", happened_at=at("09:00"))
    due = selectors.due_of(stay, selectors.ordered_level(stay), column)
    assert (due.level, due.at, due.is_overdue) == ("1", at("10:00"), True)
    assert not selectors.due_of(stay, "2", column).is_overdue


def test_the_pages() -> None:
    an, binh, stay = make_world()
    care(stay, an)
    client = signed_in(binh)
    page = reverse("encounters:bedside:care", args=[stay.uuid])
    form = reverse("encounters:bedside:write_care", args=[stay.uuid])
    assert "Chưa ghi phiếu chăm sóc" in client.get(page).content.decode()
    typed = {"key": str(uuid.uuid4()), "level": "2", "skin": "Hồng", "event": "Ho khan"}
    lost = client.post(form, typed)
    assert lost.status_code == 422
    assert "Ho khan" in lost.content.decode()
    typed |= {"intervention_usual": ["Vỗ rung", "Xoay trở"], "intervention": "Cho uống nước ấm"}
    assert client.post(form, typed).status_code == 302
    column = CareColumn.objects.get()
    assert column.items["intervention"] == "Vỗ rung; Xoay trở; Cho uống nước ấm"
    offered = client.get(form).content.decode()
    assert "Hồng" in offered
    assert "Ho khan" not in offered  # said anew each time
    assert "trên giấy" in client.get(page).content.decode()
    assert client.post(reverse("encounters:bedside:compose_care", args=[column.uuid])).status_code == 302
    shown = client.get(page).content.decode()
    assert "chờ ký" in shown
    own = reverse("encounters:bedside:correct_care", args=[column.uuid])
    assert client.get(own).status_code == 200
    wrong = {"key": str(uuid.uuid4()), "level": "2", "intervention": "Hút đờm", "reason": ""}
    assert client.post(own, wrong).status_code == 422
    assert client.post(own, wrong | {"reason": "Nhầm"}).status_code == 302
    assert "thay đổi sau khi lập phiếu" in client.get(page).content.decode()
    body = reverse("encounters:bedside:care_body", args=[CareSheet.objects.get().document.uuid])
    assert client.get(body).status_code == 200
    assert signed_in(an).get(page).status_code == 200
    assert signed_in(an).post(form, typed).status_code == 403


def test_a_day_costs_the_same_queries_whatever_stands_on_it() -> None:
    an, binh, stay = make_world()
    care(stay, an)
    client = signed_in(binh)
    page = reverse("encounters:bedside:care", args=[stay.uuid])

    def cost() -> int:
        with CaptureQueriesContext(connection) as spent:
            assert client.get(page).status_code == 200
        return len(spent)

    for hour in ("07:00", "07:30"):
        write(stay, binh, happened_at=at(hour))
        record_vital_signs(encounter=stay, values={"pulse": 80}, by=binh, effective_at=at(hour))
    few = cost()
    order = ServiceRequest.objects.get()
    for minute in range(10, 50):
        write(stay, binh, happened_at=at(f"08:{minute}"))
        record_vital_signs(encounter=stay, values={"pulse": 80}, by=binh, effective_at=at(f"08:{minute}"))
    tick(order, at("06:00"), binh)
    assert Execution.objects.exists()
    assert cost() <= few + 2
