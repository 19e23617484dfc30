"""Doses follow from orders: at the ward's hours, once, and never touched after they were answered."""

import datetime as dt

import pytest
from django.utils import timezone

from emr.common import clock
from encounters.documents import services as documents
from encounters.medicines import services
from encounters.medicines.models import DueDose, GivingTimes
from encounters.medicines.services.tray import number_doses
from encounters.medicines.times import Course, read_times, slots_of, usual_times
from encounters.orders import services as orders
from encounters.visits import services as visits
from tests.encounters import chart
from tests.encounters.medicines.doses import give, key, make_world, once, order
from tests.encounters.visits.ward import ago, department, discharge

pytestmark = pytest.mark.django_db


def hanoi(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=timezone.get_default_timezone())


def plan(course: Course, until: dt.datetime | None = None) -> list[str]:
    found = slots_of(course, until or hanoi(30, 23))
    return [f"{timezone.localtime(slot.at):%d %H:%M}" for slot in found]


def test_a_day_of_doses_reaches_the_next_morning_and_crosses_midnight() -> None:
    twice = Course(starts_at=hanoi(28, 9), times=("08:00", "20:00"))
    assert plan(twice) == ["28 20:00", "29 08:00"]
    assert plan(Course(starts_at=hanoi(28, 22), times=("02:00", "23:30"))) == ["28 23:30", "29 02:00"]
    assert plan(Course(starts_at=hanoi(28, 9), times=("08:00",), until_on=dt.date(2026, 11, 30))) == [
        "29 08:00",
        "30 08:00",
    ]
    assert plan(twice, until=hanoi(28, 23)) == ["28 20:00"]


def test_the_first_dose_of_an_urgent_order_is_now_and_the_next_hour_comes_at_a_fair_distance() -> None:
    course = Course(starts_at=hanoi(28, 9, 10), days=1, times=("08:00", "14:00", "20:00"), first_now=True)
    assert plan(course) == ["28 09:10", "28 14:00", "28 20:00", "29 08:00"]
    late = Course(starts_at=hanoi(28, 13, 30), days=1, times=("08:00", "14:00", "20:00"), first_now=True)
    assert plan(late)[:2] == ["28 13:30", "28 20:00"]


@pytest.mark.parametrize("count", range(1, 25))
def test_so_many_times_a_day_are_so_many_hours(count: int) -> None:
    times = usual_times(count)
    assert len(set(times)) == count
    assert list(times) == read_times(" ".join(times))


def test_an_order_makes_its_doses_once_at_the_wards_hours() -> None:
    an, _binh, stay = make_world()
    GivingTimes.objects.create(
        facility=stay.facility, code="K03/2", department="K03", times_per_day=2, times="06:00 18:00"
    )
    made = order(stay, an, plan=False)
    chart.deliver_all()  # as the workers do, by the event
    doses = list(DueDose.objects.filter(order=made))
    assert {f"{timezone.localtime(dose.due_at):%H:%M}" for dose in doses} == {"06:00", "18:00"}
    assert len(doses) == 2
    assert services.plan_order(order_id=made.pk) == 0
    assert services.look_ahead() == 0
    assert DueDose.objects.count() == 2


def test_when_needed_makes_none_and_a_draft_makes_none() -> None:
    an, _binh, stay = make_world()
    order(stay, an, times_per_day=None, as_needed=True, as_needed_for="sốt")
    entry = chart.begin(stay, an)
    draft = orders.add_medication(
        entry=entry, by=an, text="Thuốc", route="PO", dose=1, dose_unit="vien", times_per_day=2
    )
    assert services.plan_order(order_id=draft.pk) == 0
    assert not DueDose.objects.exists()


def test_stopped_held_and_resumed_change_only_what_nobody_answered() -> None:
    an, binh, stay = make_world()
    done = once(stay, an)
    give(done, binh)
    orders.stop_order(order=done.order, reason="Hết sốt", by=an)
    services.plan_order(order_id=done.order_id)
    done.refresh_from_db()
    assert (done.outcome, done.ended) == ("given", "")

    waiting = once(stay, an, minutes=60, text="Thuốc khác")
    orders.hold_order(order=waiting.order, reason="Chờ xét nghiệm", by=an)
    services.plan_order(order_id=waiting.order_id)
    waiting.refresh_from_db()
    assert waiting.ended == "held"
    orders.resume_order(order=waiting.order, by=an)
    services.plan_order(order_id=waiting.order_id)
    waiting.refresh_from_db()
    assert waiting.ended == ""
    orders.stop_order(order=waiting.order, reason="Đổi thuốc", by=an)
    services.plan_order(order_id=waiting.order_id)
    waiting.refresh_from_db()
    assert waiting.ended == "stopped"


def test_what_fell_into_the_pause_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    an, _binh, stay = make_world()
    dose = once(stay, an, minutes=30)
    orders.hold_order(order=dose.order, reason="Chờ", by=an)
    services.plan_order(order_id=dose.order_id)
    an_hour_later = clock.now() + dt.timedelta(hours=1)
    for module in ("encounters.orders.services.life.now", "encounters.medicines.services.planning.now"):
        monkeypatch.setattr(module, lambda: an_hour_later)
    orders.resume_order(order=dose.order, by=an)
    services.plan_order(order_id=dose.order_id)
    dose.refresh_from_db()
    assert dose.ended == "held"


def test_an_order_carried_on_ends_the_later_doses_of_the_one_before_and_doubles_none() -> None:
    an, binh, stay = make_world(at=ago(hours=20))
    now = timezone.localtime()
    hours = sorted({f"{(now + dt.timedelta(hours=h)):%H}:00" for h in (-1, 5)})
    first = order(stay, an, at=ago(hours=6), times=hours)
    past, coming = DueDose.objects.filter(order=first).order_by("due_at")
    give(past, binh)
    number = number_doses(encounter=stay, doses=[coming], by=binh)[0].number
    entry = chart.begin(stay, an, happened_at=ago(hours=2))
    orders.copy_orders(source=first.entry, target=entry, by=an)
    draft = documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=an)
    documents.finalize_document(document=entry, revision=draft.revision, by=an)
    chart.deliver_all()
    past.refresh_from_db()
    coming.refresh_from_db()
    assert (past.outcome, past.ended) == ("given", "")
    assert coming.ended == "changed"
    # The new entry holds since two hours; the dose of an hour ago was given under the one before.
    wanted = DueDose.objects.filter(encounter=stay, ended="", outcome="")
    # Its label is on the tray already, and still says what is given.
    assert [(dose.due_at, dose.number) for dose in wanted] == [(coming.due_at, number)]


def test_discharge_ends_what_comes_and_taking_it_back_brings_it_back() -> None:
    an, _binh, stay = make_world()
    late, coming = once(stay, an, minutes=-30), once(stay, an, minutes=90, text="Thuốc tối")
    stay = discharge(stay)
    chart.deliver_all()
    late.refresh_from_db()
    coming.refresh_from_db()
    assert (late.ended, coming.ended) == ("", "left")
    visits.cancel_discharge(encounter=stay, by=an, reason="Nhầm người")
    chart.deliver_all()
    coming.refresh_from_db()
    assert coming.ended == ""


def test_a_transfer_leaves_the_doses_to_the_next_ward() -> None:
    an, _binh, stay = make_world()
    dose = once(stay, an, minutes=60)
    visits.transfer(encounter=stay, department=department(("K19", "Khoa Ngoại")), by=an)
    chart.deliver_all()
    dose.refresh_from_db()
    assert dose.is_open
    assert dose.encounter.department.code == "K19"


def test_a_postponed_dose_is_due_then_and_planning_leaves_it() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an)
    until = clock.now() + dt.timedelta(hours=2)
    for _time in range(2):
        services.postpone(dose=dose, until=until, reason="Đi chụp CT", by=binh)
    services.plan_order(order_id=dose.order_id)
    dose.refresh_from_db()
    assert (dose.due_at, dose.postpone_reason) == (until, "Đi chụp CT")
    give(dose, binh, key())
    dose.refresh_from_db()
    assert dose.outcome == "given"
