"""Many devices, one dose: real races on PostgreSQL; any interleaving of retries, lost answers, clocks, changed orders."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.medicines import services
from encounters.medicines.models import DueDose, GivingConflict, MedicationAdministration
from encounters.medicines.services import Told
from encounters.orders import services as orders
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from patients.registry import services as registry
from tests.emr.people import make_user
from tests.encounters.medicines.doses import give, key, make_cuc, make_world, once
from tests.encounters.visits.ward import department, discharge
from tests.patients.people import make_patient


def in_threads(*work: Callable[[], None]) -> None:
    begin = threading.Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        try:
            begin.wait(30)
            one()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[one]) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_two_nurses_and_their_retries_at_once_give_one_dose_once() -> None:
    """F-22: one wins, the others are told who; the winner's own retries get the first answer."""
    an, binh, stay = make_world()
    people = {binh: key(), make_cuc(): key()}
    dose = once(stay, an)
    answers: list[tuple[User, object]] = []

    def scan(person: User) -> Callable[[], None]:
        def act() -> None:
            try:
                answers.append((person, give(DueDose.objects.get(pk=dose.pk), person, people[person]).pk))
            except services.AlreadyAnswered as refusal:
                answers.append((person, refusal.standing.performer))

        return act

    in_threads(*[scan(person) for person in people for _time in range(3)])
    held = MedicationAdministration.objects.get()
    assert len(answers) == 6
    for person, said in answers:
        assert said == (held.pk if person == held.performer else held.performer)


@pytest.mark.django_db(transaction=True)
def test_a_stop_and_a_giving_at_once_leave_one_truth() -> None:
    an, binh, stay = make_world()
    for number in range(4):
        dose = once(stay, an, text=f"Thuốc {number}")

        def stop(dose: DueDose = dose) -> None:
            orders.stop_order(order=dose.order, reason="Dị ứng", by=an)
            services.plan_order(order_id=dose.order_id)

        def scan(dose: DueDose = dose) -> None:
            try:
                give(DueDose.objects.get(pk=dose.pk), binh)
            except DomainError as refusal:
                assert refusal.code == "ended"

        in_threads(stop, scan)
        dose.refresh_from_db()
        given = MedicationAdministration.objects.filter(dose=dose).exists()
        assert (dose.outcome == "given", dose.ended == "stopped") == (given, not given)


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_make_each_dose_once() -> None:
    an, _binh, stay = make_world()
    dose = once(stay, an)
    DueDose.objects.all().delete()
    in_threads(*[lambda: services.plan_order(order_id=dose.order_id) and None for _time in range(4)])
    assert DueDose.objects.filter(order=dose.order_id).count() == 1


devices, doses = st.integers(0, 2), st.integers(0, 1)


class Round(RuleBasedStateMachine):
    """Three devices with wrong clocks, two doses; each act may be lost on its way back, and be sent again at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.an, binh, self.stay = make_world()
        self.nurses = [binh, make_cuc(), make_user("dung", "Lý Thị Dung", "nurse", department())]
        self.skews = [dt.timedelta(0), dt.timedelta(minutes=47), dt.timedelta(minutes=-95)]
        self.doses = [once(self.stay, self.an, text=f"Thuốc {number}") for number in range(2)]
        self.sent: list[tuple[int, int, Told, bool]] = []
        self.answers: dict[uuid.UUID, str] = {}
        self.told: set[uuid.UUID] = set()

    def attempt(self, device: int, dose: int, told: Told, gives: bool) -> None:
        row, nurse = DueDose.objects.get(pk=self.doses[dose].pk), self.nurses[device]
        try:
            skip = services.not_given
            kept = give(row, nurse, told) if gives else skip(dose=row, reason="refused", told=told, by=nurse)
        except services.Kept as held:
            answer = f"kept {held.conflict.pk}"
        except DomainError as refusal:
            answer = "" if told.is_replay else f"refused {refusal.code}"
        else:
            answer = f"done {kept.pk}"
        if told.is_replay or answer.startswith("done"):
            # What was done, or what a device kept, has one answer for ever.
            assert self.answers.setdefault(told.key, answer) == answer
            assert answer

    @rule(device=devices, dose=doses, gives=st.booleans(), offline=st.booleans(), minutes=st.integers(0, 30))
    def act(self, device: int, dose: int, gives: bool, offline: bool, minutes: int) -> None:
        clock = now() + self.skews[device]
        told = Told(key=uuid.uuid4())
        if offline:
            told = Told(
                key=told.key,
                happened_at=clock - dt.timedelta(minutes=minutes),
                sent_at=clock,
                is_replay=True,
            )
            self.told.add(told.key)
        self.sent.append((device, dose, told, gives))
        self.attempt(device, dose, told, gives)

    @rule(which=st.integers(0, 20))
    def send_again(self, which: int) -> None:
        if self.sent:
            self.attempt(*self.sent[which % len(self.sent)])

    @rule(dose=doses, verb=st.sampled_from(["hold", "resume", "stop", "plan"]))
    def change(self, dose: int, verb: str) -> None:
        order = DueDose.objects.select_related("order").get(pk=self.doses[dose].pk).order
        try:
            if verb == "resume":
                orders.resume_order(order=order, by=self.an)
            elif verb != "plan":
                getattr(orders, f"{verb}_order")(order=order, reason="Đổi ý", by=self.an)
        except DomainError as refusal:
            assert str(refusal)
        services.plan_order(order_id=order.pk)

    @rule(dose=doses)
    def take_back(self, dose: int) -> None:
        held = MedicationAdministration.objects.filter(dose=self.doses[dose].pk)
        for row in held.exclude(status="entered-in-error"):
            services.take_back(administration=row, reason="Nhầm", by=row.performer)
        services.plan_order(order_id=self.doses[dose].order_id)

    @rule()
    def move(self) -> None:
        to = "K19" if self.stay.department.code == "K03" else "K03"
        name = "Khoa Ngoại" if to == "K19" else "Khoa Nội"
        try:
            visits.transfer(encounter=self.stay, department=department((to, name)), by=self.an)
        except DomainError as refusal:
            assert str(refusal)
        self.stay = Encounter.objects.get(pk=self.stay.pk)

    @rule()
    def leave(self) -> None:
        """The patient goes home: what carts kept from before is told afterwards, and nobody loses it."""
        self.stay = Encounter.objects.get(pk=self.stay.pk)
        if self.stay.is_open:
            discharge(self.stay, by=self.an)
        self.stay = Encounter.objects.get(pk=self.stay.pk)

    @rule()
    def merge(self) -> None:
        self.stay = Encounter.objects.get(pk=self.stay.pk)
        if self.stay.patient.merged_into_id is None:
            registry.merge_patients(
                survivor=make_patient("Nguyễn Thị Đào Khác"),
                duplicate=self.stay.patient,
                by=self.an,
                reason="Một người",
            )

    @invariant()
    def each_dose_has_one_answer_and_says_so(self) -> None:
        for dose in DueDose.objects.filter(encounter=self.stay):
            held = list(MedicationAdministration.objects.filter(dose=dose).exclude(status="entered-in-error"))
            assert len(held) <= 1
            assert bool(held) == bool(dose.outcome)
            assert not (dose.outcome and dose.ended)

    @invariant()
    def nothing_that_a_device_kept_is_lost(self) -> None:
        rows = set(MedicationAdministration.objects.values_list("key", flat=True))
        rows |= set(GivingConflict.objects.values_list("key", flat=True))
        assert self.told <= rows

    @invariant()
    def nothing_happened_in_the_future(self) -> None:
        assert not MedicationAdministration.objects.filter(happened_at__gt=now()).exists()


class TestAnyInterleaving(TestCase):
    """Each example runs in a transaction of its own."""

    def test_each_dose_is_answered_once_whatever_comes_in_whatever_order(self) -> None:
        self._run(10, 14)

    @pytest.mark.long  # some minutes
    @pytest.mark.timeout(3000)
    def test_the_same_in_many_and_longer_rounds(self) -> None:
        self._run(150, 40)

    def _run(self, examples: int, steps: int) -> None:
        class Fresh(Round):
            def __init__(self) -> None:
                self.undo = transaction.atomic()
                self.undo.__enter__()
                super().__init__()

            def teardown(self) -> None:
                transaction.set_rollback(True)
                self.undo.__exit__(None, None, None)

        run_state_machine_as_test(
            Fresh,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
