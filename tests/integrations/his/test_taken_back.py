"""Moves, discharges and admissions taken back: sent again, out of order and at odds with what is known (F-17).

HL7 v2.5.1: PV1-3 of an A12 is where the patient was before the move (3.3.12), EVN-6 of what takes something back is when
that happened (3.4.1.6; many send the time of the taking back), EVN-2 is when it was said.
"""

import itertools
from datetime import timedelta

import pytest
from django.utils import translation

from emr.common import wall
from emr.common.clock import now
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from integrations.hl7v2 import inbox
from integrations.transport.models import DeadLetter, Message, MessageState
from integrations.transport.reasons import reason_advice, reason_text
from tests.integrations.conftest import Send, ago, instant, reasons, state, work_off
from tests.integrations.his.test_applying import (
    APPLIED,
    DEAD,
    SUPERSEDED,
    WAITING,
    message,
    path_of,
    the_stay,
)
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db
MEDICINE, SURGERY, THIRD = "K03^P1^G1", "K19^P1^G2", "K19^P1^G3"
# Followed, or found done; what it says of the person may be taken over either way.
TAKEN = {APPLIED, SUPERSEDED}
_ids = itertools.count(1)


def back(
    hours: float, to: str, *, never: str = "", happened: float | None = None, event: str = "A12"
) -> bytes:
    """An A12 said so many hours ago: `to` is PV1-3, `never` PV1-6, `happened` EVN-6 where it isn't when it was said."""
    raw = came_from(adt(event, f"B{next(_ids)}", at=ago(hours), place=to), to, never)
    if happened is not None:
        raw = raw.replace(f"||||{ago(hours)}".encode(), f"||||{ago(happened)}".encode(), 1)
    return raw


def came_from(raw: bytes, place: str, prior: str) -> bytes:
    """The same with PV1-6 filled in."""
    return raw.replace(f"|I|{place}||||".encode(), f"|I|{place}|||{prior}|".encode())


def told(event: str, said: float, *, happened: float, place: str = MEDICINE) -> bytes:
    """A message that was entered (EVN-2) later than what it tells of happened (EVN-6)."""
    raw = message(event, said, place=place)
    return raw.replace(f"||||{ago(said)}".encode(), f"||||{ago(happened)}".encode(), 1)


def give_up(waiting: Message) -> None:
    """Let the time go by for which a message waits."""
    MessageState.objects.filter(message=waiting).update(waits_until=now() - timedelta(seconds=1))
    with wall.nowhere():
        inbox.expire_waiting()
    work_off()


def words_of(letter: DeadLetter) -> tuple[str, str]:
    """What the person at the desk reads."""
    with translation.override("vi"):
        return reason_text(letter.reason, letter.detail), reason_advice(letter.reason)


def test_who_comes_back_to_a_bed_that_was_given_away_lies_in_the_department_without_one(send: Send) -> None:
    send(message("A01", 9))
    send(message("A02", 6, place=SURGERY))
    send(message("A01", 4, number="BN000002", visit="DT000002"))
    sent = send(back(2, MEDICINE))
    assert state(sent) == APPLIED
    assert reasons(sent) == ["bed_taken"]
    assert path_of(the_stay()) == [("K03", "G1"), ("K03", "")]
    assert path_of(the_stay("DT000002")) == [("K03", "G1")]


def test_a_move_sent_again_after_it_was_taken_back_moves_nobody(send: Send) -> None:
    send(message("A01", 9))
    send(message("A02", 6, place=SURGERY))
    send(back(5, MEDICINE))
    repeated = send(message("A02", 6, place=SURGERY))
    assert state(repeated) in TAKEN
    assert "move_taken_back" in reasons(repeated)
    assert path_of(the_stay()) == [("K03", "G1")]


def test_a_move_taken_back_here_is_not_repeated_by_a_message(send: Send) -> None:
    send(message("A01", 9))
    sent = send(message("A02", 6, place=SURGERY))
    visits.cancel_transfer(encounter=the_stay(), by=None, reason="Nhầm người bệnh")
    assert state(send(message("A02", 6, place=SURGERY))) in TAKEN
    assert path_of(the_stay()) == [("K03", "G1")]
    assert state(sent) == APPLIED


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_a_move_entered_anew_after_it_was_taken_back_stands(send: Send, order: tuple[int, ...]) -> None:
    """The same place and time, but said later (EVN-2) than the taking back: in any order."""
    send(message("A01", 9))
    raws = [
        lambda: told("A02", 7, happened=7, place=SURGERY),
        lambda: back(6, MEDICINE),
        lambda: told("A02", 5, happened=7, place=SURGERY),
        lambda: back(6, MEDICINE),
    ]
    for number in order:
        send(raws[number]())
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    assert not MessageState.objects.filter(state=WAITING).exists()


def test_the_taking_back_sent_again_leaves_the_move_before_it(send: Send) -> None:
    send(message("A01", 9))
    send(message("A02", 7, place=SURGERY))
    send(message("A02", 6, place=THIRD))
    send(back(5, SURGERY))
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    assert state(send(back(5, SURGERY))) in TAKEN
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]


@pytest.mark.parametrize("never", ["", THIRD])
@pytest.mark.parametrize("happened", [None, 6])
def test_a_taking_back_before_its_move_waits_for_it(send: Send, never: str, happened: float | None) -> None:
    send(message("A01", 9))
    send(message("A02", 7, place=SURGERY))
    early = send(back(5, SURGERY, never=never, happened=happened))
    assert state(early) == WAITING
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    send(message("A02", 6, place=THIRD))
    assert state(early) == APPLIED
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]


@pytest.mark.parametrize("happened", [None, 7])
@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::17])
def test_moves_and_their_taking_back_in_any_order(
    send: Send, order: tuple[int, ...], happened: float | None
) -> None:
    """Also where EVN-6 is the move's own time, and after the discharge."""
    raws = [
        message("A01", 9),
        message("A02", 7, place=SURGERY),
        back(6, MEDICINE, never=SURGERY, happened=happened),
        message("A02", 4, place=THIRD),
        message("A03", 1, place=THIRD),
    ]
    sent = [send(raws[number]) for number in order]
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G3")]
    assert (the_stay().status, the_stay().ended_at) == ("finished", instant(1))
    assert {state(one) for one in sent} <= TAKEN
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize(
    ("to", "never", "reason"),
    [
        (THIRD, "", "unknown_move"),
        ("K01", "", "unknown_move"),
        (MEDICINE, THIRD, "unknown_move"),
        (MEDICINE, "K01", "unknown_move"),
        ("", "", "no_former_place"),
    ],
)
def test_a_taking_back_that_fits_no_move_says_so(send: Send, to: str, never: str, reason: str) -> None:
    send(message("A01", 9))
    send(message("A02", 6, place=SURGERY))
    odd = send(back(5, to, never=never))
    if state(odd) == WAITING:
        give_up(odd)
    assert state(odd) == DEAD
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    letter = DeadLetter.objects.get()
    assert letter.reason == reason
    text, advice = words_of(letter)
    assert "A12" in text or "PV1-3" in text
    assert advice


def test_a_taking_back_that_may_mean_two_moves_is_for_a_person(send: Send) -> None:
    """What was taken back for want of the later move: which of the two was meant can't be told any more."""
    send(message("A01", 9))
    send(message("A02", 8, place=SURGERY))
    assert state(send(back(4, MEDICINE))) == APPLIED
    late = send(message("A02", 5, place=THIRD))
    assert state(late) == DEAD
    letter = DeadLetter.objects.get()
    assert letter.reason == "move_before_taken_back"
    assert "A12" in words_of(letter)[0]
    assert path_of(the_stay()) == [("K03", "G1")]


def test_two_places_at_one_instant_are_for_a_person_unless_one_leads_to_the_other(send: Send) -> None:
    send(message("A01", 9))
    send(message("A02", 6, place=SURGERY))
    odd = send(message("A02", 6, place="K01"))
    assert state(odd) == DEAD
    assert DeadLetter.objects.get().reason == "two_places"
    assert path_of(the_stay()) == [("K03", "G1"), ("K19", "G2")]
    assert state(send(came_from(message("A02", 6, place="K01"), "K01", SURGERY))) == APPLIED
    assert path_of(the_stay())[-1] == ("K01", "")


def test_a_discharge_taken_back_twice(send: Send) -> None:
    send(message("A01", 9))
    send(message("A03", 5))
    assert state(send(message("A13", 4))) == APPLIED
    assert state(send(message("A13", 4))) in TAKEN
    assert state(send(message("A03", 5))) in TAKEN
    assert the_stay().is_open
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("happened", [None, 8])
@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_discharges_taken_back_in_any_order(
    send: Send, order: tuple[int, ...], happened: float | None
) -> None:
    send(message("A01", 9))
    raws = [
        lambda: message("A03", 8),
        lambda: back(7, MEDICINE, event="A13", happened=happened),
        lambda: message("A03", 5),
        lambda: back(4, MEDICINE, event="A13", happened=None if happened is None else 5),
    ]
    for number in (*order, *order):
        send(raws[number]())
    assert the_stay().is_open
    assert not DeadLetter.objects.exists()
    assert not MessageState.objects.filter(state=WAITING).exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_last_discharge_counts_also_before_the_former_is_taken_back(
    send: Send, order: tuple[int, ...]
) -> None:
    send(message("A01", 9))
    raws = [message("A03", 3), message("A13", 2), message("A03", 1)]
    for number in order:
        send(raws[number])
    assert (the_stay().status, the_stay().ended_at) == ("finished", instant(1))
    assert not MessageState.objects.filter(state=WAITING).exists()


def test_an_outcome_that_a_doctor_told_is_not_replaced_by_a_newer_discharge(send: Send) -> None:
    send(message("A01", 9))
    send(message("A03", 3))
    Encounter.objects.update(outcome="1")
    assert "left_out" in reasons(send(message("A03", 1)))
    assert (the_stay().outcome, the_stay().ended_at) == ("1", instant(3))


def test_a_discharge_taken_back_here_before_the_message(send: Send) -> None:
    send(message("A01", 9))
    send(message("A03", 5))
    visits.cancel_discharge(encounter=the_stay(), by=None, reason="Người bệnh chưa về")
    assert state(send(message("A13", 4))) in TAKEN


def test_a_taken_back_discharge_that_never_came_is_named(send: Send) -> None:
    send(message("A01", 9))
    early = send(message("A13", 4))
    assert state(early) == WAITING
    give_up(early)
    letter = DeadLetter.objects.get()
    assert letter.reason == "unknown_discharge"
    assert "A03" in words_of(letter)[0]


def test_a_cancelled_admission_sent_again_leaves_the_visit(send: Send) -> None:
    send(message("A04", 9, patient_class="O", place="K01"))
    raws = [lambda: message("A01", 8), lambda: message("A02", 7, place=SURGERY), lambda: message("A11", 5)]
    for raw in raws:
        assert state(send(raw())) == APPLIED
    for raw in raws:
        assert state(send(raw())) in TAKEN
    assert (the_stay().status, the_stay().encounter_class) == ("in-progress", "AMB")
    assert path_of(the_stay()) == [("K01", "")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_cancelled_admission_in_any_order(send: Send, order: tuple[int, ...]) -> None:
    raws = [message("A01", 8), message("A02", 7, place=SURGERY), message("A11", 5)]
    for number in order:
        send(raws[number])
    assert the_stay().status == "entered-in-error"
    assert not DeadLetter.objects.exists()
    assert not MessageState.objects.filter(state=WAITING).exists()
