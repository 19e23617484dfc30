"""The HIS registers, admits, moves, discharges, cancels and merges through the services of the pages (issue §7)."""

import itertools
import unicodedata
from datetime import timedelta

import pytest

from emr.accounts.models import Location, Organization
from emr.audit.models import AuditEvent
from emr.common import wall
from emr.common.clock import now
from encounters.visits.models import Encounter, EncounterLocation
from integrations.hl7v2 import inbox
from integrations.transport.models import Channel, DeadLetter, Message, MessageState, NeighbourCode
from integrations.transport.services import replay
from patients.registry.models import Identifier, MergeLink, Patient
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, instant, reasons, state, work_off
from tests.integrations.messages import adt, hostile_name, merge

APPLIED, DEAD, WAITING, SUPERSEDED = "applied", "dead", "waiting", "superseded"
_ids = itertools.count(1)


def message(event: str, hours: float, **content: str) -> bytes:
    """An ADT that happened so many hours ago."""
    return adt(event, f"C{next(_ids)}", at=ago(hours), **content)


def the_patient(number: str = "BN000001") -> Patient:
    return Identifier.objects.get(value=number).patient


def the_stay(number: str = "DT000001") -> Encounter:
    return Encounter.objects.get(identifier=number)


def path_of(stay: Encounter) -> list[tuple[str, str]]:
    """Where the patient was, in order."""
    rows = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None).order_by("starts_at")
    return [
        (
            row.department.code if row.department else row.department_as_sent,
            row.location.code if row.location else row.location_as_sent,
        )
        for row in rows
    ]


def test_an_admission_registers_and_admits(send: Send) -> None:
    sent = send(message("A01", 3, pid_extra="|||12 Lê Lợi^^Phường 1^01||0903123456"))
    assert state(sent) == APPLIED
    patient = the_patient()
    assert (patient.full_name, patient.sex, str(patient.birth_date)) == (
        "Nguyễn Văn Bình",
        "male",
        "1980-05-17",
    )
    assert patient.phone == "0903123456"
    assert patient.address_line == "12 Lê Lợi"
    stay = the_stay()
    assert (stay.encounter_class, stay.status, stay.patient) == ("IMP", "in-progress", patient)
    assert stay.admission_number
    assert stay.admitted_at == instant(3)
    assert path_of(stay) == [("K03", "G1")]
    assert AuditEvent.objects.filter(action="patient.register", agent_name="his-99999").exists()
    assert AuditEvent.objects.filter(action="encounter.admit", agent_name="his-99999").exists()


def test_a_whole_stay(send: Send) -> None:
    for raw in (
        message("A04", 30, patient_class="O", place="K01", visit="DT000001"),
        message("A01", 29),
        message("A02", 20, place="K19^P1^G2"),
        message("A03", 1, place="K19^P1^G2", extra="DG1|1||J18.9^Viêm phổi|||F|||||||||1"),
    ):
        assert state(send(raw)) == APPLIED
    stay = the_stay()
    assert (stay.status, stay.disposition, stay.outcome) == ("finished", "home", "7")
    assert path_of(stay) == [("K01", ""), ("K03", "G1"), ("K19", "G2")]
    assert stay.ended_at == instant(1)


def test_an_update_changes_only_what_was_sent(send: Send) -> None:
    send(message("A04", 5, patient_class="O", place="K01", pid_extra="|||12 Lê Lợi||0903123456|0281234567"))
    send(
        message("A08", 4, patient_class="O", place="K01", name="Trần^Văn Bình", sex="", pid_extra='|||||""|')
    )
    patient = the_patient()
    assert patient.full_name == "Trần Văn Bình"
    assert patient.sex == "male", "an empty field changes nothing"
    assert patient.phone == "", '"" deletes'
    assert patient.other_phone == "0281234567"
    assert patient.address_line == "12 Lê Lợi"


def test_older_news_never_overwrites_newer(send: Send) -> None:
    send(message("A04", 5, patient_class="O", place="K01"))
    send(message("A08", 1, patient_class="O", place="K01", name="Mới^Nhất"))
    late = send(message("A08", 3, patient_class="O", place="K01", name="Cũ^Hơn"))
    assert state(late) == SUPERSEDED
    assert the_patient().full_name == "Mới Nhất"


def test_people_s_own_data_alone(send: Send) -> None:
    for event in ("A28", "A31", "A05"):
        assert state(send(message(event, 2))) == APPLIED
    assert Patient.objects.count() == 1
    assert not Encounter.objects.exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_in_any_order_the_end_is_the_same(send: Send, order: tuple[int, ...]) -> None:
    """A01, A02, A08, A03 of one stay, in each of the 24 orders (F-17)."""
    raws = [
        message("A01", 9),
        message("A02", 6, place="K19^P1^G2"),
        message("A08", 5, place="K19^P1^G2", name="Nguyễn^Văn Minh"),
        message("A03", 2, place="K19^P1^G2", name="Nguyễn^Văn Minh"),
    ]
    sent = [send(raws[number]) for number in order]
    stay = the_stay()
    assert path_of(stay) == [("K03", "G1"), ("K19", "G2")]
    assert (stay.status, stay.ended_at, stay.patient.full_name) == ("finished", instant(2), "Nguyễn Văn Minh")
    assert {state(one) for one in sent} <= {APPLIED, SUPERSEDED}
    assert not DeadLetter.objects.exists()
    assert Encounter.objects.count() == Patient.objects.count() == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_moves_in_any_order(send: Send, order: tuple[int, ...]) -> None:
    send(message("A01", 9))
    moves = [
        message("A02", 6, place="K19^P1^G2"),
        message("A02", 4, place="K03^P1^G3"),
        message("A02", 2, place="K19^P1^G1"),
    ]
    for number in order:
        assert state(send(moves[number])) == APPLIED
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2"), ("K03", "G3"), ("K19", "G1")]


def test_a_move_of_an_unknown_visit_waits_then_dies_with_a_reason(send: Send) -> None:
    waiting = send(message("A02", 1))
    assert state(waiting) == WAITING
    assert inbox.expire_waiting() == 0
    MessageState.objects.update(waits_until=now() - timedelta(seconds=1))
    with wall.nowhere():
        assert inbox.expire_waiting() == 1, "the sweeper goes round the facilities"
        assert inbox.expire_waiting() == 0, "it is asked for once, however long the workers take"
    work_off()
    assert state(waiting) == DEAD
    letter = DeadLetter.objects.get()
    assert letter.reason == "unknown_patient"
    assert not Patient.objects.exists()


def test_a_waiting_message_does_not_hold_up_the_patient_s_next(send: Send) -> None:
    waiting = send(message("A03", 1))
    send(message("A01", 3))
    assert state(waiting) == APPLIED
    assert the_stay().status == "finished"


def test_a_dead_letter_replayed_after_the_missing_one_came(send: Send, facility: Organization) -> None:
    dead = send(message("A03", 1))
    MessageState.objects.update(waits_until=now() - timedelta(seconds=1))
    inbox.expire_waiting()
    work_off()
    send(message("A01", 3))
    replay(DeadLetter.objects.get(), by=make_user("tichhop", "Lê Tích Hợp", "integration", facility))
    work_off()
    assert state(dead) == APPLIED
    assert the_stay().status == "finished"


def test_unknown_codes_do_not_stop_an_admission(send: Send) -> None:
    sent = send(message("A01", 2, place="NOI-A^Phòng 9^77"))
    assert state(sent) == APPLIED
    place = the_stay().locations.get()
    assert (place.department, place.location) == (None, None)
    assert (place.department_as_sent, place.location_as_sent) == ("NOI-A", "Phòng 9-77")
    assert set(reasons(sent)) == {"unmapped_department_kept", "unmapped_bed"}
    assert list(NeighbourCode.objects.values_list("kind", "code")) == [("department", "NOI-A")]
    NeighbourCode.objects.update(mapped_to="K03")
    assert state(send(message("A01", 1, place="NOI-A^P1^G2", number="BN000002", visit="DT000002"))) == APPLIED
    assert path_of(the_stay("DT000002")) == [("K03", "G2")]


def test_a_taken_bed_does_not_stop_an_admission(send: Send) -> None:
    send(message("A01", 3))
    second = send(message("A01", 2, number="BN000002", visit="DT000002"))
    assert state(second) == APPLIED
    assert reasons(second) == ["bed_taken"]
    assert path_of(the_stay("DT000002")) == [("K03", "P1-G1")]


def test_a_cancelled_admission(send: Send) -> None:
    send(message("A01", 3))
    assert state(send(message("A11", 1))) == APPLIED
    assert the_stay().status == "entered-in-error"


def test_a_cancelled_admission_of_a_visit_is_a_visit_again(send: Send) -> None:
    send(message("A04", 5, patient_class="O", place="K01"))
    send(message("A01", 3))
    assert state(send(message("A11", 1))) == APPLIED
    assert (the_stay().status, the_stay().encounter_class) == ("in-progress", "AMB")


def test_a_stay_with_records_is_not_cancelled_by_a_message(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encounters.visits.services import corrections  # noqa: PLC0415

    send(message("A01", 3))
    monkeypatch.setattr(corrections, "clinical_data_of", lambda _id: ["documents"])
    assert state(send(message("A11", 1))) == DEAD
    assert DeadLetter.objects.get().reason == "visit_has_records"
    assert the_stay().status == "in-progress"


def test_a_move_and_a_discharge_taken_back(send: Send) -> None:
    send(message("A01", 9))
    send(message("A02", 7, place="K19^P1^G2"))
    assert state(send(message("A12", 6))) == APPLIED
    assert path_of(the_stay()) == [("K03", "G1")]
    send(message("A03", 5))
    assert state(send(message("A13", 4))) == APPLIED
    assert the_stay().is_open
    assert state(send(message("A03", 1))) == APPLIED
    assert the_stay().ended_at == instant(1)


def test_a_death_is_told_with_the_discharge(send: Send) -> None:
    send(message("A01", 9))
    sent = send(message("A03", 1, pid_extra="|" * 21 + ago(2) + "|Y"))
    assert state(sent) == APPLIED
    assert the_stay().outcome == "5"
    assert the_patient().deceased_at == instant(2)


def test_a_merge_links_the_two(send: Send) -> None:
    send(message("A04", 5, patient_class="O", place="K01", number="OLD", visit="V1"))
    send(message("A04", 4, patient_class="O", place="K01", number="NEW", visit="V2"))
    assert state(send(merge("MM1", survivor="NEW", removed="OLD", at=ago(3)))) == APPLIED
    assert the_patient("OLD").merged_into == the_patient("NEW")
    assert state(send(merge("MM2", survivor="NEW", removed="OLD", at=ago(3)))) == SUPERSEDED
    assert MergeLink.objects.count() == 1


def test_a_merge_before_its_patients_are_known(send: Send) -> None:
    early = send(merge("MM1", survivor="NEW", removed="OLD", at=ago(1)))
    assert state(early) == WAITING
    send(message("A04", 5, patient_class="O", place="K01", number="NEW", visit="V2"))
    assert state(early) == WAITING
    send(message("A04", 5, patient_class="O", place="K01", number="OLD", visit="V1"))
    assert state(early) == APPLIED
    assert the_patient("OLD").merged_into == the_patient("NEW")


def test_news_for_the_old_number_after_a_merge_reaches_the_same_person(send: Send) -> None:
    send(message("A04", 9, patient_class="O", place="K01", number="OLD", visit="V1"))
    send(message("A04", 8, patient_class="O", place="K01", number="NEW", visit="V2"))
    send(merge("MM1", survivor="NEW", removed="OLD", at=ago(7)))
    late = send(message("A01", 6, number="OLD", visit="V3"))
    assert state(late) == APPLIED
    assert the_stay("V3").patient == the_patient("NEW")


def test_two_pids_are_parked_and_create_nothing(send: Send) -> None:
    """S-30."""
    parked = send(adt("A04", "two", at=ago(1), name="An\rPID|1||BN666^^^BV99999^MR||Giả^Mạo"))
    assert state(parked) == DEAD
    assert DeadLetter.objects.get().reason == "several_patients"
    assert not Patient.objects.exists()


def test_a_hostile_name_is_one_patient_with_that_name(send: Send) -> None:
    """S-29, S-30."""
    name = "A|B^C~D\\E&F PID|1||BN666"
    assert state(send(hostile_name(name))) == APPLIED
    assert Patient.objects.get().full_name == name


def test_nfd_and_nfc_names_are_equal(send: Send) -> None:
    send(message("A28", 2, name=unicodedata.normalize("NFD", "Nguyễn^Thị Bích Đào")))
    assert the_patient().full_name == unicodedata.normalize("NFC", "Nguyễn Thị Bích Đào")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"BN000001^^^BV99999^MR", b""), "no_patient_number"),
        ((b"Nguy\xe1\xbb\x85n^V\xc4\x83n B\xc3\xacnh", b""), "no_patient_name"),
        ((b"19800517", b"19801399"), "time"),
        ((b"K03^P1^G1", b""), "no_place"),
        ((b"ADT^A01", b"ADT^A61"), "unsupported"),
        ((b"19800517", b"29990101"), "refused"),
    ],
)
def test_what_can_not_be_used_is_parked_with_a_reason(
    send: Send, change: tuple[bytes, bytes], reason: str
) -> None:
    """S-30."""
    parked = send(message("A01", 1).replace(*change))
    assert state(parked) == DEAD
    assert DeadLetter.objects.get().reason == reason
    assert not Patient.objects.exists()
    assert not Encounter.objects.exists()


def test_a_visit_number_of_somebody_else_is_parked(send: Send) -> None:
    send(message("A01", 3))
    parked = send(message("A02", 1, number="BN000002"))
    assert state(parked) == WAITING
    second = send(message("A01", 2, number="BN000002"))
    assert state(second) == DEAD
    assert DeadLetter.objects.filter(reason="number_of_another").exists()
    assert path_of(the_stay()) == [("K03", "G1")]


def test_a_citizen_number_finds_the_patient_when_no_own_number_is_sent(send: Send) -> None:
    both = message("A28", 3).replace(b"^MR", b"^MR~079180001234^^^BCA^NI")
    send(both)
    only = message("A31", 2, name="Trần^An").replace(b"BN000001^^^BV99999^MR", b"079180001234^^^BCA^NI")
    assert state(send(only)) == APPLIED
    assert the_patient().full_name == "Trần An"


def test_bad_repetitions_of_pid_3_are_passed_over(send: Send) -> None:
    assert state(send(message("A28", 3).replace(b"BN000001^", b"null^^^^~BN000001^"))) == APPLIED
    assert the_patient().full_name == "Nguyễn Văn Bình"


def test_next_of_kin_are_added_once(send: Send) -> None:
    for _round in range(2):
        send(message("A31", 3, extra="NK1|1|Trần^Thị Hoa|SPO^Vợ||0911222333"))
    person = the_patient().related_people.get()
    assert (person.full_name, person.relationship, person.phone) == ("Trần Thị Hoa", "SPS", "0911222333")


def test_the_same_message_applied_twice_changes_nothing(send: Send) -> None:
    sent = send(message("A01", 3))
    version = the_patient().version
    inbox.apply_message(message_id=sent.pk)
    assert the_patient().version == version
    assert Encounter.objects.count() == 1


def test_a_fault_inside_is_retried_then_parked_and_lets_the_next_one_through(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emr.outbox.models import OutboxEvent  # noqa: PLC0415
    from integrations.his.services import applying  # noqa: PLC0415

    def break_down(_adt: object) -> None:
        raise RuntimeError("disk")

    with monkeypatch.context() as patched:
        patched.setattr(applying, "keep_patient", break_down)
        broken = send(message("A28", 3))
        assert state(broken) == "received"
        for _attempt in range(10):
            OutboxEvent.objects.update(available_at=now())
            work_off()
    assert state(broken) == DEAD
    assert DeadLetter.objects.get().detail == {"error": "RuntimeError"}
    assert state(send(message("A28", 2))) == APPLIED


def test_everything_stays_in_the_channel_s_facility(send: Send, facility: Organization) -> None:
    other = Organization.objects.create(kind="facility", code="88888", name="Bệnh viện khác")
    bed = Location.objects.filter(facility=facility).count()
    send(message("A01", 3))
    assert the_patient().facility == facility != other
    assert Location.objects.count() == bed
    assert (
        Channel.objects.filter(facility=other).count() == Message.objects.filter(facility=other).count() == 0
    )
