"""Orders that the HIS keeps come in once, in any order, and stand on the treatment sheet of their day."""

import itertools
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from emr.accounts.models import Organization
from emr.common.errors import DomainError
from encounters.documents.models import Document
from encounters.documents.services import NotComplete, enter_in_error, finalize_document, save_draft
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.orders.selectors import lines, orders_of_entry, pending_foreign
from encounters.orders.services import (
    add_medication,
    add_prescription_line,
    add_service,
    begin_prescriptions,
    change_prescription_line,
    copy_orders,
    demand_kept_here,
    remove_prescription_line,
)
from encounters.visits.models import Encounter
from integrations.his.models import HisOrder
from integrations.hl7v2.inbox import apply_message
from integrations.transport.mapping import map_code
from integrations.transport.models import DeadLetter, Message, MessageState, NeighbourCode
from tests.emr.people import make_an, make_department
from tests.encounters import chart
from tests.encounters.orders.tables import confirm
from tests.encounters.visits.ward import ago as moment
from tests.encounters.visits.ward import signed_in
from tests.integrations.conftest import Send, ago, instant, state, work_off
from tests.integrations.his.orders import again, bare, examination, keep, medicine, ordering_his
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db
APPLIED, DEAD, WAITING, SUPERSEDED = "applied", "dead", "waiting", "superseded"


@pytest.fixture
def his(facility: Organization, send: Send) -> Send:
    """A HIS that keeps all orders, and one patient of its."""
    ordering_his(facility)
    send(adt("A01", "A-1", at=ago(9)))
    return send


def the_letter(message: Message) -> DeadLetter:
    return DeadLetter.objects.get(message=message)


def test_a_medicine_comes_in_with_its_number_and_prescriber(his: Send) -> None:
    assert state(his(medicine())) == APPLIED
    order = MedicationRequest.objects.get()
    assert (order.origin, order.origin_number, order.prescriber_as_sent) == ("HIS", "TH-1", "Lê Thị Hoa")
    assert (order.code, str(order.dose), order.dose_unit, order.route) == ("TH0017", "1.000", "vien", "PO")
    assert (order.times_per_day, order.days, order.note) == (2, 5, "Uống sau ăn")
    assert (order.status, order.entry, order.encounter.identifier) == ("active", None, "DT000001")
    assert order.effective_at == instant(2)
    assert order.confirmed_by is not None
    assert order.confirmed_by.username == "his-99999", "no person here confirmed it"
    assert order.placer_number.startswith("YL")


def test_a_test_and_an_image_come_in(his: Send) -> None:
    his(examination())
    his(examination(order="CD-1", code="CDHA0001^X-quang ngực", kind="ORM^O01", section="RAD"))
    test, image = ServiceRequest.objects.order_by("pk")
    assert (test.category, test.code, test.clinical_question) == ("laboratory", "XN0001", "Sốt cao")
    assert (image.category, image.code) == ("imaging", "CDHA0001")
    assert image.accession_number


def test_the_same_order_sent_again_is_one_order(his: Send) -> None:
    raw = medicine()
    his(raw)
    assert state(his(again(raw))) == SUPERSEDED, "the same with another control id"
    assert MedicationRequest.objects.count() == HisOrder.objects.count() == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_in_any_order_and_twice_the_end_is_the_same(his: Send, order: tuple[int, ...]) -> None:
    """NW, XO, HD, RL of one order, and all again, in each of the 24 orders: changed, and in effect."""
    raws = [
        medicine("NW", hours=6),
        medicine("XO", hours=5, pattern="TID"),
        bare("HD", "TH-1", 4, reason="Chờ kết quả"),
        bare("RL", "TH-1", 3),
    ]
    for number in (*order, *order):
        his(again(raws[number]))
    work_off()
    (current,) = MedicationRequest.objects.filter(status__in=["active", "on-hold"])
    assert (current.times_per_day, current.status) == (3, "active")
    assert not DeadLetter.objects.exists()


def test_a_cancellation_before_its_order_waits_for_it(his: Send) -> None:
    early = his(bare("CA", "TH-1", 1, reason="Hết thuốc"))
    assert state(early) == WAITING
    his(medicine("NW", hours=2))
    assert state(early) == APPLIED
    order = MedicationRequest.objects.get()
    assert (order.status, order.status_reason, order.status_changed_as) == ("revoked", "Hết thuốc", "HIS")


def test_what_never_gets_its_order_says_so(his: Send) -> None:
    early = his(bare("CA", "TH-9", 1))
    MessageState.objects.filter(message=early).update(waits_until=moment(minutes=1))
    apply_message(message_id=early.pk)
    assert the_letter(early).reason == "unknown_order_there"
    assert the_letter(early).detail == {"number": "TH-9"}


def test_a_change_ends_the_row_before_and_keeps_it(his: Send) -> None:
    his(medicine("NW", hours=5))
    his(medicine("XO", hours=3, amount="2"))
    former, present = MedicationRequest.objects.order_by("pk")
    assert (former.status, str(former.dose)) == ("revoked", "1.000")
    assert (present.status, str(present.dose), present.based_on) == ("active", "2.000", former)
    assert state(his(medicine("XO", hours=4, amount="3"))) == SUPERSEDED, "older than what is held"
    assert MedicationRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("told", "reason", "detail"),
    [
        ({"pattern": "BIDX"}, "unclear_timing", {"sent": "BIDX"}),
        ({"amount": ""}, "unclear_dose", {"number": "TH-1"}),
        ({"route": "XXX"}, "unclear_route", {"sent": "XXX"}),
        ({"code": "ZZ9^Lạ"}, "unmapped_medicine", {"sent": "ZZ9"}),
    ],
)
def test_nothing_is_guessed(his: Send, told: dict[str, str], reason: str, detail: dict[str, str]) -> None:
    sent = his(medicine(**told))  # type: ignore[arg-type]  # some of its arguments
    assert (the_letter(sent).reason, the_letter(sent).detail) == (reason, detail)
    assert not MedicationRequest.objects.exists()


def test_a_mapped_code_brings_the_order_in(his: Send) -> None:
    sent = his(medicine(code="ZZ9^Amox"))
    assert state(sent) == DEAD
    row = NeighbourCode.objects.get(kind="medicine", code="ZZ9")
    assert row.seen_count == 1
    map_code(row, mapped_to="TH0017", by=make_an(make_department(sent.facility)))
    work_off()
    assert state(sent) == APPLIED
    assert MedicationRequest.objects.get().code == "TH0017"


def test_an_order_of_a_kind_that_is_ordered_here_is_laid_on_the_desk(
    his: Send, facility: Organization
) -> None:
    keep(facility, "emr", "order:laboratory")
    sent = his(examination())
    assert the_letter(sent).reason == "order_kept_here"
    assert not ServiceRequest.objects.exists()


def test_unknown_people_and_stays_are_waited_for(his: Send) -> None:
    for sent in (his(medicine(number="BN000099")), his(medicine(order="TH-2", visit="DT000099"))):
        assert state(sent) == WAITING
    his(adt("A01", "A-2", at=ago(8), number="BN000099", visit="DT000098", place="K19^P1^G2"))


def test_a_number_that_is_somebody_else_s_brings_no_medicine(his: Send) -> None:
    name, birth = "Nguyễn^Văn Bình".encode(), b"19800517"
    raw = medicine()
    assert name in raw
    assert birth in raw
    mistyped = his(raw.replace(name, "Lê^Thị Cúc".encode()).replace(birth, b"19550101"))
    assert state(mistyped) == DEAD
    assert the_letter(mistyped).reason == "somebody_else"
    assert not MedicationRequest.objects.exists()


def test_another_patient_s_number_is_refused(his: Send) -> None:
    his(adt("A01", "A-2", at=ago(8), number="BN000002", visit="DT000002", place="K19^P1^G2"))
    his(medicine())
    sent = his(medicine("XO", hours=1, number="BN000002", visit="DT000002"))
    assert the_letter(sent).reason == "order_of_another"


def test_after_the_discharge_nothing_new_is_placed(his: Send) -> None:
    his(adt("A03", "A-3", at=ago(1)))
    assert the_letter(his(medicine(hours=0.5))).reason == "stay_is_over"
    assert state(his(medicine(order="TH-2", hours=3))) == APPLIED, "it came late, and was for the time before"


class TestTheDayOnTheSheet:
    @pytest.fixture
    def entry(self, his: Send) -> Document:
        chart.load_forms()
        an = make_an(make_department(Encounter.objects.get().facility))
        his(medicine(hours=0))
        his(examination(hours=0))
        entry = chart.begin(Encounter.objects.get(), an)
        save_draft(document=entry, fields=chart.written(entry), revision=1, by=an)
        return entry

    def test_the_doctor_s_entry_shows_and_takes_them_in(self, entry: Document) -> None:
        assert len(pending_foreign(entry)) == 2
        confirm(entry, entry.author)
        entry.refresh_from_db()
        assert entry.current_version is not None
        shown = entry.current_version.composition["sections"]["orders"]["lines"]
        assert [(line["origin"], line["origin_number"]) for line in shown] == [
            ("HIS", "TH-1"),
            ("HIS", "XN-1"),
        ]
        assert pending_foreign(entry) == []
        assert len(orders_of_entry(entry)) == 2

    def test_yesterday_s_are_not_today_s(self, entry: Document) -> None:
        MedicationRequest.objects.update(effective_at=moment(days=1))
        assert [order.origin_number for order in pending_foreign(entry)] == ["XN-1"]

    def test_an_entry_in_error_lets_them_go_on(self, entry: Document) -> None:
        confirm(entry, entry.author)
        entry.refresh_from_db()
        enter_in_error(document=entry, reason="Nhầm", by=entry.author)
        order = MedicationRequest.objects.get()
        assert (order.status, order.entry) == ("active", None), "the HIS still holds it"

    def test_they_are_not_carried_on_with_the_entry(self, entry: Document) -> None:
        confirm(entry, entry.author)
        after = chart.begin(entry.encounter, entry.author)
        assert copy_orders(source=entry, target=after, by=entry.author) == 0

    def test_nobody_orders_the_same_here(self, entry: Document) -> None:
        for act in (
            lambda: add_medication(
                entry=entry,
                by=entry.author,
                text="Amoxicilin",
                dose=1,
                dose_unit="vien",
                times_per_day=2,
                route="PO",
            ),
            lambda: add_service(entry=entry, by=entry.author, category="laboratory", text="Công thức máu"),
        ):
            with pytest.raises(DomainError) as refusal:
                act()
            assert refusal.value.code == "kept_elsewhere"
        assert {
            order.origin for order in [*MedicationRequest.objects.all(), *ServiceRequest.objects.all()]
        } == {"HIS"}

    def test_nobody_writes_here_what_the_patient_takes_home(
        self, entry: Document, facility: Organization
    ) -> None:
        stay, an = entry.encounter, entry.author
        keep(facility, "emr", "order:medication")
        (before,) = begin_prescriptions(encounter=stay, orders=[], days=7, by=an)
        line = add_prescription_line(document=before, choice="", typed="amox 500 1x3 7n", by=an)
        keep(facility, "his", "order:medication")
        for act in (
            lambda: begin_prescriptions(encounter=stay, orders=[], days=7, by=an),
            lambda: add_prescription_line(document=before, choice="", typed="para 500 1x3", by=an),
            lambda: change_prescription_line(line=line, days=3, by=an),
        ):
            with pytest.raises(DomainError) as refusal:
                act()
            assert refusal.value.code == "kept_elsewhere"
        with pytest.raises(NotComplete) as incomplete:
            finalize_document(document=before, revision=before.draft.revision, by=an)
        (reason,) = incomplete.value.reasons
        assert "HIS" in reason
        page = signed_in(an).get(reverse("encounters:orders:prescriptions", args=[stay.uuid]))
        html = page.content.decode()
        assert escape(reason) in html
        assert reverse("encounters:orders:prescription_begin", args=[stay.uuid]) not in html
        remove_prescription_line(line=line, by=an)  # a draft can be emptied

    def test_nobody_stops_them_here(self, entry: Document, facility: Organization) -> None:
        order = MedicationRequest.objects.get()
        with pytest.raises(DomainError):
            demand_kept_here(order)
        keep(facility, "emr", "order:medication")
        demand_kept_here(order)

    def test_a_draft_line_of_before_the_change_blocks_the_entry(
        self, entry: Document, facility: Organization
    ) -> None:
        keep(facility, "emr", "order:laboratory")
        add_service(entry=entry, by=entry.author, category="laboratory", text="Công thức máu")
        keep(facility, "his", "order:laboratory")
        with pytest.raises(NotComplete):
            confirm(entry, entry.author)

    def test_the_line_says_where_it_comes_from(self, entry: Document) -> None:
        (line,) = lines(list(MedicationRequest.objects.all()))
        assert (line["origin"], line["prescriber_as_sent"], line["is_in_entry"]) == (
            "HIS",
            "Lê Thị Hoa",
            False,
        )


def test_the_day_is_the_one_on_which_it_begins(his: Send) -> None:
    his(medicine(hours=5, starts=ago(-20)))
    order = MedicationRequest.objects.get()
    assert order.effective_at == instant(-20)
    assert order.happens_at - instant(5) == timedelta(hours=25)
