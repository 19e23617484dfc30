"""Rows of the HIS's views onto the record: what a row says holds afterwards, by the messages' own rules (S-29, S-30)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from emr.accounts.models import Organization
from emr.common.clock import now
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.models import Encounter
from integrations.transport import rows
from integrations.transport.models import Channel, DeadLetter, Message, MessageState, NeighbourCode
from integrations.transport.services import Arrival, channel_account, file_messages
from patients.coverage.models import Coverage
from patients.history.models import AllergyIntolerance
from patients.registry.models import Patient
from tests.integrations.conftest import facility, instant, state, work_off
from tests.integrations.his.orders import keep, ordering_his

__all__ = ["facility"]
pytestmark = pytest.mark.django_db
Row = Callable[..., Message]


@pytest.fixture
def row(facility: Organization) -> Row:
    """File a row as the fetching worker does, written so many hours ago, and apply what is due."""
    channel = Channel.objects.create(
        facility=facility, name="HIS bảng", protocol="sql", sending_application="HIS", sending_facility="99999",
        allowed_addresses=[], message_types=[], processing_ids=["P"], account=channel_account(facility, "HIS", "HIS"),
    )  # fmt: skip

    def act(kind: str, /, *, hours: float = 1, **values: Any) -> Message:
        raw = rows.canonical(kind, str(values.get("number", "1")), instant(hours).isoformat(sep=" "), values)
        arrival = Arrival(
            channel=channel, raw=raw, received_at=now(), peer_address="", control_id=str(Message.objects.count()),
            message_type=f"ROW^{kind.upper()}", version=rows.FORM, patient_number=rows.number_of_patient(values),
            duplicate_key=str(hash(raw)), reply=b"",
        )  # fmt: skip
        file_messages([arrival])
        work_off()
        return Message.objects.latest("pk")

    return act


def stay(**changes: Any) -> dict[str, Any]:
    """A stay's row."""
    return {
        "number": "DT1", "mrn": "BN1", "full_name": "Nguyễn Văn Bình", "birth": "1980-05-17 00:00:00", "sex": "1",
        "kind": "Nội trú", "began": instant(9).isoformat(sep=" "), "department": "K03", "bed": "G1", "ended": None,
    } | changes  # fmt: skip


def medicine(**changes: Any) -> dict[str, Any]:
    """A prescription's row."""
    return {
        "number": "TH-1", "mrn": "BN1", "visit": "DT1", "kind": "Thuốc", "status": None, "code": "TH0017", "amount": "1,5",
        "unit": "vien", "frequency": "2", "route": "PO", "days": "5", "starts": instant(2).isoformat(sep=" "),
        "instructions": "Uống sau ăn", "prescriber": "BS9", "prescriber_name": "Lê Thị Hoa",
    } | changes  # fmt: skip


def letter() -> DeadLetter:
    return DeadLetter.objects.latest("pk")


def test_a_patient_is_registered_and_corrected_and_older_news_is_left(row: Row) -> None:
    said = {"mrn": "BN7", "full_name": "Trần Thị Lan", "birth": "1975", "sex": "Nữ", "citizen": "001175000007",
            "insurance": "GD4797931234567", "phone": "0912345678", "address": "12 Lê Lợi"}  # fmt: skip
    assert state(row("patient", hours=3, **said)) == "applied"
    patient = Patient.objects.get()
    assert (patient.full_name, patient.birth_year, patient.sex, patient.phone) == (
        "Trần Thị Lan",
        1975,
        "female",
        "0912345678",
    )
    assert Coverage.objects.get().card_number == "GD4797931234567"
    assert state(row("patient", hours=2, **said | {"full_name": "Trần Thị Lan Anh"})) == "applied"
    assert state(row("patient", hours=4, **said | {"full_name": "Sai"})) == "superseded"
    patient.refresh_from_db()
    assert patient.full_name == "Trần Thị Lan Anh"


def test_no_text_of_a_row_breaks_out_of_its_field(row: Row) -> None:
    name = "Lan|^~\\&\rPID|1||BN9\n^^^BV99999^MR"
    row("patient", mrn="BN8", full_name=name)
    assert Patient.objects.get().full_name.startswith("Lan|^~\\&")
    assert not Patient.objects.filter(identifiers__value="BN9").exists()


def test_a_stay_that_began_and_ended_between_two_looks(row: Row) -> None:
    message = row("stay", **stay(ended=instant(2).isoformat(sep=" "), moved=None))
    assert state(message) == "applied"
    found = Encounter.objects.get()
    assert (found.is_open, found.begins_at, found.ended_at) == (False, instant(9), instant(2))


def test_moves_within_the_ward_and_unknown_beds(row: Row) -> None:
    row("stay", hours=5, **stay())
    found = Encounter.objects.get()
    row("stay", hours=4, **stay(bed="G2", moved=instant(4.5).isoformat(sep=" ")))
    places = found.locations.filter(cancelled_at=None).order_by("starts_at")
    assert [(place.location.code, place.starts_at) for place in places] == [
        ("G1", instant(9)),
        ("G2", instant(4.5)),
    ]
    row("stay", hours=3, **stay(bed="X9", moved=instant(4.5).isoformat(sep=" ")))
    assert places.count() == 2
    assert NeighbourCode.objects.filter(kind="bed").exists()


def test_an_end_that_was_told_here_is_not_taken_back_by_silence(row: Row, facility: Organization) -> None:
    from encounters.visits import services as visits  # noqa: PLC0415

    row("stay", hours=5, **stay())
    found = Encounter.objects.get()
    visits.discharge(
        encounter=found, by=Channel.objects.filter(name="HIS").get().account, outcome="2", disposition="home",
        at=now() - dt.timedelta(hours=1),
    )  # fmt: skip
    row("stay", hours=0.5, **stay(full_name="Nguyễn Văn Bính"))
    found.refresh_from_db()
    assert not found.is_open
    assert found.patient.full_name == "Nguyễn Văn Bính"


def test_a_stay_cancelled_before_it_was_ever_seen_is_nothing(row: Row) -> None:
    assert state(row("stay", **stay(cancelled="1"))) == "superseded"
    assert not Encounter.objects.exists()


def test_where_the_emr_keeps_admissions_a_row_admits_nobody(row: Row, facility: Organization) -> None:
    keep(facility, "emr", "movement")
    message = row("stay", **stay())
    assert not Encounter.objects.exists()
    assert MessageState.objects.get(message=message).remarks[0][0] == "kept_here"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"began": "hôm qua"}, "began"), ({"sex": "x"}, "sex"), ({"kind": "khác"}, "kind"), ({"birth": "17.13"}, "birth"),
        ({"full_name": b"\xff\xfe"}, "full_name"), ({"ended": "2026-13-01"}, "ended"), ({"department": None}, "department"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_by_its_column(row: Row, changes: dict[str, Any], column: str) -> None:
    assert state(row("stay", **stay(**changes))) == "dead"
    assert letter().detail == {"column": column}
    assert not Encounter.objects.exists()


def test_an_order_is_placed_changed_held_released_and_cancelled(row: Row, facility: Organization) -> None:
    ordering_his(facility)
    row("stay", hours=8, **stay())
    assert state(row("order", hours=3, **medicine())) == "applied", DeadLetter.objects.values(
        "reason", "detail"
    )
    order = MedicationRequest.objects.get()
    assert (order.code, str(order.dose), order.dose_unit, order.times_per_day) == (
        "TH0017",
        "1.500",
        "vien",
        2,
    )
    assert (order.days, order.note, order.prescriber_as_sent) == (5, "Uống sau ăn", "Lê Thị Hoa")
    assert state(row("order", hours=2.9, **medicine())) == "superseded"
    row("order", hours=2.5, **medicine(amount="2"))
    assert [(str(o.dose), o.status) for o in MedicationRequest.objects.order_by("pk")] == [
        ("1.500", "revoked"), ("2.000", "active"),
    ]  # fmt: skip
    row("order", hours=2, **medicine(amount="2", status="held"))
    assert MedicationRequest.objects.latest("pk").status == "on-hold"
    row("order", hours=1.5, **medicine(amount="2", status="active"))
    assert MedicationRequest.objects.latest("pk").status == "active"
    row("order", hours=1, **medicine(amount="2", status="Hủy", reason="Dị ứng"))
    assert (MedicationRequest.objects.count(), MedicationRequest.objects.latest("pk").status) == (
        2,
        "revoked",
    )


def test_a_test_is_ordered_and_done_and_a_cancelled_one_never_placed(
    row: Row, facility: Organization
) -> None:
    ordering_his(facility)
    row("stay", hours=8, **stay())
    test = {
        "number": "XN-1",
        "mrn": "BN1",
        "visit": "DT1",
        "kind": "Xét nghiệm",
        "code": "XN0001",
        "question": "Sốt cao",
    }
    assert state(row("order", hours=3, **test, status="cancelled")) == "superseded"
    assert not ServiceRequest.objects.exists()
    row("order", hours=2, **test | {"number": "XN-2"})
    order = ServiceRequest.objects.get()
    assert (order.category, order.code, order.clinical_question) == ("laboratory", "XN0001", "Sốt cao")
    row("order", hours=1, **test | {"number": "XN-2"}, status="done")
    order.refresh_from_db()
    assert order.status == "completed"


def test_an_order_waits_for_its_stay(row: Row, facility: Organization) -> None:
    ordering_his(facility)
    waiting = row("order", hours=2, **medicine())
    assert state(waiting) == "waiting"
    row("stay", hours=8, **stay())
    assert state(waiting) == "applied"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "hóa trị"}, "row_value"), ({"status": "??"}, "row_value"), ({"visit": ""}, "row_empty"),
        ({"amount": "một"}, "unclear_dose"), ({"code": "LẠ"}, "unmapped_medicine"),
        ({"frequency": "khi cần"}, "unclear_timing"),
    ],
)  # fmt: skip
def test_nothing_of_an_order_is_guessed(
    row: Row, facility: Organization, changes: dict[str, Any], reason: str
) -> None:
    ordering_his(facility)
    row("stay", hours=8, **stay())
    assert state(row("order", **medicine(**changes))) == "dead"
    assert letter().reason == reason
    assert not MedicationRequest.objects.exists()


def test_a_row_carries_the_whole_list_of_allergies(row: Row) -> None:
    """An empty column says nothing; a shorter list takes back; that none is known is said in words."""

    def listed() -> list[tuple[str, str]]:
        rows = AllergyIntolerance.objects.filter(status="active").order_by("substance")
        return [(found.substance or "-", found.reaction) for found in rows]

    said = {"mrn": "BN7", "full_name": "Trần Thị Lan"}
    row("patient", hours=5, **said, allergies="Penicillin: phản vệ; Tôm|Cua")
    assert listed() == [("Penicillin", "phản vệ"), ("Tôm|Cua", "")]
    row("patient", hours=4, **said, allergies=None)
    assert len(listed()) == 2
    row("patient", hours=3, **said, allergies="Penicillin: phản vệ")
    assert listed() == [("Penicillin", "phản vệ")]
    row("patient", hours=3.5, **said, allergies="Aspirin")
    assert listed() == [("Penicillin", "phản vệ")], "older news"
    row("patient", hours=2, **said, allergies="Không")
    assert listed() == [("-", "")]
