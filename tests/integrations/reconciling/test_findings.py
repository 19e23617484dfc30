"""Each kind of what doesn't fit, from real messages: it is found, and it is gone once it was put right."""

import datetime as dt

import pytest
from django.utils import timezone
from freezegun import freeze_time

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from encounters.orders.models import ServiceRequest
from encounters.orders.services import add_medication
from encounters.results.models import DiagnosticReport
from encounters.visits.models import Encounter
from integrations.hl7v2.inbox import expire_waiting
from integrations.reconciling import kinds
from integrations.reconciling.days import Day
from integrations.reconciling.kinds import Cell, Matter
from integrations.reconciling.selectors import board_of
from integrations.transport.models import Channel, DeadLetter, MessageState
from integrations.transport.services import dismiss, pause_channel, replay_edited
from patients.registry.models import Patient
from tests.emr.people import make_an, make_facility
from tests.encounters import chart
from tests.encounters.orders.tables import confirm, make_entry
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import admit
from tests.encounters.visits.ward import ago as before
from tests.integrations.conftest import Send, ago, state, work_off
from tests.integrations.his.orders import keep, medicine, ordering_his
from tests.integrations.his.test_orders_out import work_off as work_off_his
from tests.integrations.lis.results import obr, obx, oru
from tests.integrations.lis.test_ordering import work_off as work_off_orders
from tests.integrations.messages import adt, merge
from tests.integrations.neighbour import Neighbour
from tests.integrations.reconciling.conftest import Look, later, of_kind, receive
from tests.integrations.transport.test_sending import make_channel

pytestmark = pytest.mark.django_db
HIS, LIS = "HIS · 99999", "LIS · 99999"
POTASSIUM = obx("NM", "K^Kali^L^2823-3^Potassium^LN", "4.1", unit="mmol/L")
PID = "PID|1||BN000001^^^BV99999^MR||Nguyễn^Văn Bình||19800517|M"


@pytest.fixture
def an(facility: Organization) -> User:
    """The doctor who orders."""
    chart.load_forms()
    return make_an()


@pytest.fixture
def binh(send: Send) -> Encounter:
    """Ông Bình, admitted by the HIS two hours ago."""
    send(adt("A01", "A1", at=ago(2)))
    return Encounter.objects.get(identifier="DT000001")


def test_a_quiet_day_fits(binh: Encounter, look: Look) -> None:
    board = look()
    assert board.findings == []
    assert board.cells[Matter.MESSAGE][HIS] == Cell(1, 1)
    assert board.cells[Matter.PATIENT][HIS] == Cell(1, 1)
    assert board.cells[Matter.STAY][HIS] == Cell(1, 1)
    assert board.cells[Matter.STAY][""] == Cell(1, 1)
    assert LIS not in board.cells[Matter.RESULT]


def test_yesterday_s_messages_are_yesterday_s(facility: Organization, look: Look) -> None:
    with freeze_time(now() - dt.timedelta(days=1)):
        receive(adt("A01", "A1", at=ago(26)))
        yesterday = local_today()
    assert look(yesterday).cells[Matter.STAY][HIS] == Cell(1, 0)
    assert HIS not in look().cells[Matter.STAY]


class TestOrphans:
    def test_a_dead_letter_until_somebody_deals_with_it(self, send: Send, look: Look, tin: User) -> None:
        sent = send(adt("A01", "A1", at=ago(2), place=""))
        assert state(sent) == "dead"
        (finding,) = of_kind(look(), kinds.DEAD_LETTER)
        assert (finding.neighbour, finding.number, finding.message) == (HIS, "A1", sent.uuid)
        dismiss(DeadLetter.objects.get(), note="Thử", by=tin)
        assert of_kind(look(), kinds.DEAD_LETTER) == []

    def test_a_message_that_nobody_has_applied(self, facility: Organization, look: Look) -> None:
        receive(adt("A01", "A1", at=ago(2)))
        assert of_kind(look(), kinds.WAITING) == [], "it has only just come"
        with freeze_time(later(minutes=16)):
            (finding,) = of_kind(look(timezone.localdate(later(minutes=-16))), kinds.WAITING)
        assert finding.number == "A1"

    def test_a_stay_that_is_not_here(self, binh: Encounter, send: Send, look: Look) -> None:
        send(adt("A08", "A2", at=ago(1), visit="DT000099"))
        board = look()
        (finding,) = of_kind(board, kinds.STAY_NOT_HERE)
        assert (finding.neighbour, finding.number) == (HIS, "DT000099")
        assert board.cells[Matter.STAY][HIS] == Cell(2, 1)
        send(
            adt("A01", "A3", at=ago(0.5), number="BN000002", name="Lê^Thị Ba", visit="DT000099", place="K19")
        )
        assert of_kind(look(), kinds.STAY_NOT_HERE) == []

    def test_a_stay_that_the_his_took_back_is_none(self, binh: Encounter, send: Send, look: Look) -> None:
        send(adt("A08", "A2", at=ago(1), visit="DT000099"))
        send(adt("A11", "A3", at=ago(0.5), visit="DT000099"))
        assert of_kind(look(), kinds.STAY_NOT_HERE) == []

    def test_the_corrected_copy_counts_and_not_what_was_corrected(
        self, binh: Encounter, send: Send, look: Look, tin: User
    ) -> None:
        raw = adt("A02", "A2", at=ago(1), visit="DT000077")
        with freeze_time(later(seconds=1)):
            receive(raw)
            work_off()
        MessageState.objects.filter(state="waiting").update(waits_until=now() - dt.timedelta(days=1))

        expire_waiting()
        work_off()
        assert of_kind(look(), kinds.STAY_NOT_HERE)
        letter = DeadLetter.objects.get()
        replay_edited(letter, raw=raw.replace(b"DT000077", b"DT000001"), patient_number="BN000001", by=tin)
        assert of_kind(look(), kinds.STAY_NOT_HERE) == []

    def test_an_open_stay_that_the_his_has_not_spoken_of(
        self, facility: Organization, send: Send, look: Look
    ) -> None:
        ours = admit(at=before(hours=1), identifier="DT000500")
        (finding,) = of_kind(look(), kinds.STAY_NOT_TOLD)
        assert (finding.neighbour, finding.number) == (HIS, ours.identifier)
        Patient.objects.filter(pk=ours.patient_id).update(confidentiality="R", confidentiality_reason="hiv")
        (finding,) = of_kind(look(), kinds.STAY_NOT_TOLD)
        assert finding.number == "•••500", "S-05: whose chart is restricted stands in no list"
        keep(facility, "emr", "movement")
        assert of_kind(look(), kinds.STAY_NOT_TOLD) == [], "movements are kept here"

    def test_a_message_about_the_stay_is_enough(self, binh: Encounter, look: Look) -> None:
        assert of_kind(look(), kinds.STAY_NOT_TOLD) == []

    def test_without_a_his_nobody_has_to_speak(self, facility: Organization, look: Look) -> None:
        Channel.objects.filter(sending_application="HIS").update(is_enabled=False)
        admit(at=before(hours=1))
        assert of_kind(look(), kinds.STAY_NOT_TOLD) == []

    def test_a_result_without_an_order_of_ours(self, binh: Encounter, send: Send, look: Look) -> None:
        sent = send(oru(obr(placer="Y-404"), POTASSIUM, pid=PID))
        board = look()
        (finding,) = of_kind(board, kinds.RESULT_WITHOUT_ORDER)
        assert (finding.neighbour, finding.number, finding.message) == (LIS, "F1", sent.uuid)
        assert board.cells[Matter.RESULT][LIS] == Cell(1, 1)

    def test_none_is_missed_where_the_his_orders_from_the_laboratory_itself(
        self, binh: Encounter, facility: Organization, send: Send, look: Look
    ) -> None:
        send(oru(obr(placer="Y-404"), POTASSIUM, pid=PID))
        keep(facility, "his", "order:laboratory")
        assert of_kind(look(), kinds.RESULT_WITHOUT_ORDER), "it sends its orders here: this one is missing"
        Channel.objects.filter(sending_application="HIS").update(message_types=["ADT"])
        assert of_kind(look(), kinds.RESULT_WITHOUT_ORDER) == []
        keep(facility, "emr", "order:laboratory")
        assert of_kind(look(), kinds.RESULT_WITHOUT_ORDER), "ordered here: it should have an order"

    def test_an_order_that_nobody_was_told_of(self, lis: Neighbour, an: User, look: Look) -> None:
        request = order(admit(), an)
        assert of_kind(look(), kinds.ORDER_NOT_TOLD) == []
        day = local_today()
        with freeze_time(later(minutes=16)):
            (finding,) = of_kind(look(day), kinds.ORDER_NOT_TOLD)
            assert (finding.neighbour, finding.number) == (LIS, request.placer_number)
            work_off_orders()
            assert of_kind(look(day), kinds.ORDER_NOT_TOLD) == []
        assert look(day).cells[Matter.ORDER_OUT][LIS] == Cell(1, 1)

    def test_a_medicine_that_the_his_was_never_told_of(
        self, lis: Neighbour, facility: Organization, an: User, look: Look
    ) -> None:
        """Where it is ordered here; what the HIS keeps itself it isn't told of."""
        entry = make_entry(admit(), an)
        told = add_medication(
            entry=entry,
            by=an,
            text="Amoxicilin 500 mg",
            dose=1,
            dose_unit="vien",
            times_per_day=2,
            route="PO",
        )
        confirm(entry, an)
        told.refresh_from_db()
        day = local_today()
        with freeze_time(later(minutes=16)):
            assert of_kind(look(day), kinds.ORDER_NOT_TOLD) == [], "no channel leads there"
        make_channel(
            facility, lis, performs="his", name="VNPT", receiving_application="VNPT", message_types=["RDE"]
        )
        Channel.objects.filter(performs="his").update(created_at=before(hours=1))
        with freeze_time(later(minutes=16)):
            (finding,) = of_kind(look(day), kinds.ORDER_NOT_TOLD)
            assert (finding.number, finding.words) == (told.placer_number, "Thuốc")
            assert finding.neighbour.startswith("VNPT")
            keep(facility, "his", "order:medication")
            assert of_kind(look(day), kinds.ORDER_NOT_TOLD) == []
            keep(facility, "emr", "order:medication")
            work_off_his()
            assert of_kind(look(day), kinds.ORDER_NOT_TOLD) == []

    def test_an_order_that_waits_to_be_sent(self, lis: Neighbour, an: User, tin: User, look: Look) -> None:
        pause_channel(Channel.objects.get(direction="out"), paused=True, by=tin)
        order(admit(), an)
        work_off_orders()
        day = local_today()
        assert look(day).cells[Matter.ORDER_OUT][LIS] == Cell(1, 0)
        with freeze_time(later(minutes=16)):
            board = look(day)
        assert len(of_kind(board, kinds.ORDER_NOT_TAKEN)) == 1
        assert of_kind(board, kinds.WAITING) == []


class TestLate:
    def test_a_message_that_was_applied_late(self, facility: Organization, look: Look) -> None:
        receive(adt("A01", "A1", at=ago(2)))
        day = local_today()
        with freeze_time(later(minutes=16)):
            work_off()
        (finding,) = of_kind(look(day), kinds.APPLIED_LATE)
        assert (finding.neighbour, finding.number) == (HIS, "A1")

    def test_an_order_is_late_on_the_day_on_which_its_time_ran_out(
        self, lis: Neighbour, an: User, look: Look
    ) -> None:
        request = order(admit(), an)
        work_off_orders()
        assert of_kind(look(), kinds.ORDER_UNANSWERED) == []
        deadline = timezone.localdate(later(hours=6))
        with freeze_time(later(hours=7)):
            (finding,) = of_kind(look(deadline), kinds.ORDER_UNANSWERED)
            assert (finding.neighbour, finding.number) == (LIS, request.placer_number)
            assert finding.may_resend
            assert of_kind(look(deadline + dt.timedelta(days=1)), kinds.ORDER_UNANSWERED) == []

    def test_an_answered_order_is_not_late(self, lis: Neighbour, an: User, send: Send, look: Look) -> None:
        stay = admit()
        request = order(stay, an)
        work_off_orders()
        number = stay.patient.identifiers.get(is_own=True).value
        pid = f"PID|1||{number}^^^BV99999^MR||{stay.patient.full_name.replace(' ', '^', 1)}"
        send(oru(obr(placer=request.placer_number, changed=0, taken=0.1), POTASSIUM, pid=pid, at=0))
        assert ServiceRequest.objects.get().status == "completed"
        with freeze_time(later(hours=7)):
            board = look(timezone.localdate(later(hours=-1)))
        assert of_kind(board, kinds.ORDER_UNANSWERED) == []
        assert of_kind(look(), kinds.RESULT_WITHOUT_ORDER) == []


class TestDoubled:
    def test_an_order_number_that_is_placed_twice(
        self, binh: Encounter, facility: Organization, send: Send, look: Look
    ) -> None:
        ordering_his(facility)
        send(medicine())
        assert of_kind(look(), kinds.ORDER_TWICE) == []
        send(medicine(hours=1, amount="2"))
        board = look()
        (finding,) = of_kind(board, kinds.ORDER_TWICE)
        assert (finding.neighbour, finding.number) == (HIS, "TH-1")
        assert board.cells[Matter.ORDER][HIS] == Cell(1, 1)

    def test_a_change_is_not_a_second_order(
        self, binh: Encounter, facility: Organization, send: Send, look: Look
    ) -> None:
        ordering_his(facility)
        send(medicine())
        send(medicine("XO", hours=1, amount="2"))
        assert of_kind(look(), kinds.ORDER_TWICE) == []

    def test_two_results_of_one_order_that_differ(
        self, lis: Neighbour, an: User, send: Send, look: Look
    ) -> None:
        stay = admit()
        request = order(stay, an)
        number = stay.patient.identifiers.get(is_own=True).value
        pid = f"PID|1||{number}^^^BV99999^MR||{stay.patient.full_name.replace(' ', '^', 1)}"
        one = obr(placer=request.placer_number)
        send(oru(one, POTASSIUM, pid=pid))
        assert of_kind(look(), kinds.RESULT_TWICE) == []
        other = obr(placer=request.placer_number, filler="F2")
        send(oru(other, obx("NM", "K^Kali^L^2823-3^Potassium^LN", "6.8"), pid=pid, control="L2"))
        (finding,) = of_kind(look(), kinds.RESULT_TWICE)
        assert (finding.neighbour, finding.number) == (LIS, "F2")

    @pytest.mark.parametrize(("status", "count"), [("F", 1), ("C", 0)])
    def test_other_content_under_the_same_number_unless_it_is_a_correction(
        self, binh: Encounter, send: Send, look: Look, status: str, count: int
    ) -> None:
        send(oru(obr(changed=2), POTASSIUM, pid=PID))
        other = obx("NM", "K^Kali^L^2823-3^Potassium^LN", "6.8")
        send(oru(obr(status=status, changed=1), other, pid=PID, control="L2"))
        assert DiagnosticReport.objects.count() == 2
        assert len(of_kind(look(), kinds.RESULT_TWICE)) == count

    def test_two_patients_with_one_citizen_number(self, send: Send, look: Look) -> None:
        for control, number, name in (("A1", "BN000001", "Nguyễn^Văn Bình"), ("A2", "BN000002", "Lê^Văn Ba")):
            raw = adt("A28", control, at=ago(2), number=number, name=name)
            told = f"{number}^^^BV99999^MR~001080000017^^^^NI~123456789^^^^NI"
            send(raw.replace(f"{number}^^^BV99999^MR".encode(), told.encode()))
        assert Patient.objects.count() == 2
        found = of_kind(look(), kinds.PERSON_TWICE)
        assert {finding.neighbour for finding in found} == {HIS}
        shown = [finding.number for finding in found]
        assert shown == ["•••017", "•••789"], "no whole citizen number stands on the page"
        assert len({finding.id for finding in found}) == 2, "each is signed by itself"
        send(merge("A3", survivor="BN000001", removed="BN000002", at=ago(1)))
        assert of_kind(look(), kinds.PERSON_TWICE) == []


def test_another_facility_s_day_is_not_seen(binh: Encounter, send: Send, look: Look) -> None:

    send(adt("A08", "A2", at=ago(1), visit="DT000099"))
    other = make_facility("88888", "Bệnh viện khác")
    board = board_of(other, Day(local_today()))
    assert (board.findings, board.neighbours) == ([], [])
    assert not any(row for row in board.counts["matters"].values() if row.get(HIS))


def test_numbers_are_read_whatever_the_bytes_are(facility: Organization, look: Look) -> None:
    """A NUL or a broken character in a name keeps nobody's day from being counted."""
    raw = adt("A04", "A1", at=ago(1), visit="ĐT-1").replace("Nguyễn".encode(), b"Nguy\xff\x00n")
    receive(raw)
    assert look().cells[Matter.STAY][HIS] == Cell(1, 0)
    (finding,) = of_kind(look(), kinds.STAY_NOT_HERE)
    assert finding.number == "ĐT-1"
