"""A08 says who attends and which bed was given after the admission; it moves nobody, and what isn't taken is remarked on."""

import itertools

import pytest

from emr.accounts.models import Organization, User
from encounters.visits.models import Encounter
from integrations.his.models import Master
from integrations.transport.models import DeadLetter, MessageState
from tests.emr.people import make_user
from tests.integrations.conftest import Send, ago, instant, reasons, state
from tests.integrations.his.test_applying import APPLIED, WAITING, message, path_of, the_stay

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctors(facility: Organization) -> list[User]:
    """Two who may attend, staff codes BS1 and BS2."""
    found = []
    for number in (1, 2):
        doctor = make_user(f"bacsi{number}", f"Trần Bác Sĩ {number}", "doctor", facility)
        User.objects.filter(pk=doctor.pk).update(staff_code=f"BS{number}")
        found.append(doctor)
    return found


def said(
    event: str, hours: float, doctor: str = "", *, place: str = "K03^P1^G1", began: float = 9, kind: str = "I"
) -> bytes:
    """A message with PV1-7; PV1-44 is the admission's time, as senders write it."""
    raw = message(event, hours, place=place, patient_class=kind)
    raw = raw.replace(f"|{kind}|{place}||||".encode(), f"|{kind}|{place}||||{doctor}".encode())
    head, _bar, _at = raw.rstrip(b"\r").rpartition(b"|")
    return head + f"|{ago(began)}\r".encode()


def attending() -> list[tuple[str, bool]]:
    """(staff code, whether still) of those who attended, in order."""
    rows = (
        the_stay().participants.filter(role="ATND").select_related("practitioner").order_by("starts_at", "pk")
    )
    return [(row.practitioner.staff_code, row.ends_at is None) for row in rows]


def test_the_attending_doctor_is_taken_from_an_update(send: Send, doctors: list[User]) -> None:
    send(said("A01", 9, "BS1"))
    sent = send(said("A08", 7, "BS2"))
    assert state(sent) == APPLIED
    assert attending() == [("BS1", False), ("BS2", True)]
    assert the_stay().participants.get(practitioner=doctors[1]).starts_at == instant(7)
    assert reasons(sent) == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::2])
def test_the_newest_attending_doctor_counts_in_any_order(
    send: Send, doctors: list[User], order: tuple[int, ...]
) -> None:
    raws = [
        said("A01", 9, "BS1"),
        said("A08", 7, "BS2"),
        said("A02", 6, "BS1", place="K19^P1^G2"),
        said("A08", 5, "BS2", place="K19^P1^G2"),
    ]
    for number in order:
        send(raws[number])
    assert attending()[-1] == ("BS2", True)
    assert sum(still for _code, still in attending()) == 1
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    assert not MessageState.objects.filter(state=WAITING).exists()
    assert not DeadLetter.objects.exists()


def test_a_doctor_who_is_not_known_is_remarked_on(send: Send, doctors: list[User]) -> None:
    send(said("A01", 9, "BS1"))
    assert reasons(send(said("A08", 7, "LA"))) == ["unmapped_attending"]
    assert attending() == [("BS1", True)]


def test_after_the_discharge_nobody_new_attends(send: Send, doctors: list[User]) -> None:
    send(said("A01", 9, "BS1"))
    send(said("A03", 5))
    assert reasons(send(said("A08", 4, "BS2"))) == ["left_out"]
    assert attending() == [("BS1", False)]


def test_a_bed_given_after_the_admission_is_no_move(send: Send) -> None:
    send(said("A01", 9, place="K03"))
    sent = send(said("A08", 8, place="K03^P1^G1"))
    assert path_of(the_stay()) == [("K03", "G1")]
    assert reasons(sent) == []
    send(said("A02", 6, place="K19^P1^G2"))
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]


def test_a_bed_that_another_had_before_is_given_from_the_update_on(send: Send) -> None:
    send(message("A01", 10, number="BN000002", visit="DT000002"))
    send(said("A01", 9, place="K03"))
    assert reasons(send(said("A08", 8.5, place="K03^P1^G1"))) == ["left_out"], "taken: it stays open"
    send(message("A02", 8, number="BN000002", visit="DT000002", place="K19^P1^G1"))
    assert reasons(send(said("A08", 7, place="K03^P1^G1"))) == []
    assert path_of(the_stay()) == [("K03", ""), ("K03", "G1")]


@pytest.mark.parametrize("place", ["K19^P1^G2", "K03^P1^G2", "K19"])
def test_an_update_moves_nobody(send: Send, place: str) -> None:
    send(said("A01", 9))
    sent = send(said("A08", 7, place=place))
    assert (state(sent), reasons(sent)) == (APPLIED, ["place_differs"])
    assert path_of(the_stay()) == [("K03", "G1")]


def test_an_update_of_before_a_move_names_the_place_of_before(send: Send) -> None:
    send(said("A01", 9))
    send(said("A02", 6, place="K19^P1^G2"))
    assert "place_differs" not in reasons(send(said("A08", 7)))


def test_class_and_admission_time_are_compared(send: Send) -> None:
    send(said("A01", 9))
    assert set(reasons(send(said("A08", 7, kind="O", began=12)))) == {
        "class_differs",
        "admission_time_differs",
    }
    stay = the_stay()
    assert (stay.encounter_class, stay.admitted_at) == ("IMP", instant(9))


def test_beds_given_here_are_left_alone(send: Send, facility: Organization) -> None:
    Master.objects.create(
        facility=facility,
        matter="bed",
        keeper="emr",
        changed_by=make_user("it", "Lê IT", "integration", facility),
    )
    send(said("A01", 9, place="K03"))
    assert reasons(send(said("A08", 7))) == ["kept_here"]
    assert path_of(the_stay()) == [("K03", "")]


def test_where_admissions_are_kept_here_an_update_changes_neither(
    send: Send, facility: Organization, doctors: list[User]
) -> None:
    send(said("A01", 9, "BS1", place="K03"))
    Master.objects.create(facility=facility, matter="movement", keeper="emr", changed_by=doctors[0])
    sent = send(said("A08", 7, "BS2"))
    assert "kept_here" in reasons(sent)
    assert (attending(), path_of(the_stay())) == ([("BS1", True)], [("K03", "")])
    assert Encounter.objects.count() == 1
