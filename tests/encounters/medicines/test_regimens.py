"""Doses of a taper, by a scale, before an operation; what the order itself forbids."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.terminology.models import CodeSystem, Concept
from encounters.documents import services as documents
from encounters.medicines import services
from encounters.medicines.labels import dose_labels
from encounters.medicines.models import DueDose, GivingConflict, MedicationAdministration
from encounters.medicines.selectors.doses import doses_of_stay
from encounters.medicines.selectors.regimens import HOLDS_WITHIN
from encounters.medicines.selectors.tray import totals_of
from encounters.medicines.services import Given, Told
from encounters.medicines.services.tray import number_doses
from encounters.medicines.times import Course, slots_of
from encounters.orders import services as orders
from encounters.orders.regimens import SIGNS as NAMED
from encounters.orders.regimens import (
    holds_json,
    parse_holds,
    parse_scale,
    parse_steps,
    scale_json,
    steps_json,
)
from encounters.results.models import Observation
from encounters.results.services import correct_observation, record_vital_signs
from encounters.results.vital_signs import SIGNS
from encounters.visits.models import Encounter
from tests.encounters import chart
from tests.encounters.medicines.doses import give, key, make_cuc, make_world, once, order
from tests.encounters.visits.ward import ago

pytestmark = pytest.mark.django_db
SCALE = scale_json(parse_scale("<8:0 8-12:2 12-16:4 >16:6! 60p"))
INSULIN = {"text": "Insulin nhanh", "route": "SC", "dose_unit": "U", "scale": SCALE, "dose": Decimal(6)}


def measure(stay: Encounter, by: User, value: str, minutes: int = 5, sign: str = "glucose") -> None:
    record_vital_signs(
        encounter=stay,
        values={sign: Decimal(value)},
        by=by,
        effective_at=ago(minutes=minutes),
        confirmed=True,
    )


def refused(dose: DueDose, by: User, **more: object) -> str:
    with pytest.raises(DomainError) as refusal:
        give(dose, by, **more)
    return str(refusal.value.code)


def test_signs_are_named_as_the_table_of_vital_signs_names_them() -> None:
    assert {name: unit for name, (_title, unit) in NAMED.items()} == {
        name: SIGNS[name].unit for name in NAMED
    }


def test_each_day_of_a_taper_has_its_dose_and_a_carried_one_doubles_none() -> None:
    an, _binh, stay = make_world(at=ago(hours=30), late_reason="Mất mạng")
    steps = steps_json(parse_steps("8 1n > 6 1n > 4 2n"))
    first = order(stay, an, at=ago(hours=3), text="Prednisolon 5 mg", times_per_day=4, steps=steps)
    doses = list(DueDose.objects.filter(order=first))
    begins = first.happens_at
    for dose in doses:
        day = (dose.planned_at - begins) // dt.timedelta(days=1)
        assert dose.amount == [8, 6, 4, 4][max(day, 0)]
    assert {dose.amount for dose in doses} >= {Decimal(8), Decimal(6)}

    entry = chart.begin(stay, an, happened_at=ago(hours=1))
    orders.copy_orders(source=first.entry, target=entry, by=an)
    saved = documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=an)
    documents.finalize_document(document=entry, revision=saved.revision, by=an)
    chart.deliver_all()
    open_ones = DueDose.objects.filter(encounter=stay, ended="", outcome="")
    planned = [dose.planned_at for dose in open_ones]
    assert len(planned) == len(set(planned))
    before = {dose.planned_at: dose.amount for dose in doses}
    for dose in open_ones:
        assert dose.amount == before.get(dose.planned_at, dose.amount)


def test_a_taper_is_over_with_its_last_day() -> None:
    start = dt.datetime(2026, 11, 28, 9, tzinfo=timezone.get_default_timezone())
    course = Course(
        starts_at=start + dt.timedelta(days=2), days=9, times=("08:00",), over_at=start + dt.timedelta(days=4)
    )
    assert len(list(slots_of(course, start + dt.timedelta(days=30)))) == 2


def test_the_measured_value_says_how_much_and_stands_beside_the_dose() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, **INSULIN)
    assert refused(dose, binh) == "not_measured"
    measure(stay, binh, "10.4", minutes=90)
    assert refused(dose, binh) == "not_measured"  # too long ago
    measure(stay, binh, "10.4")
    assert refused(dose, binh, given=Given(amount=Decimal(4))) == "scale_says"
    row = give(dose, binh)
    assert (row.amount, row.observation.value) == (2, Decimal("10.4"))
    assert "10,4 mmol/L" in row.scale_line
    assert "8 đến dưới 12: 2" in row.scale_line
    dose.refresh_from_db()
    assert dose.outcome == "given"  # and not in part

    second = once(stay, an, minutes=1, **INSULIN)
    assert give(second, binh).amount == 2  # another order: the value is good for it as well
    third = DueDose.objects.create(facility=dose.facility, patient=dose.patient, encounter=stay, order=dose.order,
                                   slot="x", planned_at=now(), due_at=now(), amount=6, unit="U")  # fmt: skip
    assert refused(third, binh) == "not_measured"  # each dose of an order is measured anew


def test_a_value_that_was_corrected_counts_no_longer() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, **INSULIN)
    measure(stay, binh, "14.5")
    correct_observation(
        observation=Observation.objects.get(), value=Decimal("4.5"), by=binh, reason="Gõ nhầm"
    )
    assert refused(dose, binh) == "scale_none"
    with pytest.raises(DomainError) as refusal:
        services.not_given(dose=once(stay, an, text="Khác"), reason="scale", told=key(), by=binh)
    assert refusal.value.code == "reason_missing"
    told = key()
    for _time in range(2):
        row = services.not_given(dose=dose, reason="scale", told=told, by=binh)
    assert (row.status, row.reason, row.amount, row.observation.value) == (
        "not-done",
        "scale",
        None,
        Decimal("4.5"),
    )
    assert "không dùng" in row.scale_line


def test_the_scale_doesn_t_leave_out_what_it_gives_and_says_nothing_outside_its_lines() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, **INSULIN)
    measure(stay, binh, "18")
    with pytest.raises(DomainError) as refusal:
        services.not_given(dose=dose, reason="scale", told=key(), by=binh)
    assert refusal.value.code == "scale_says"
    narrow = once(stay, an, **INSULIN | {"scale": scale_json(parse_scale("8-12:2 12-16:4"))})
    assert refused(narrow, binh) == "outside_scale"


def test_two_nurses_look_at_the_same_line_of_a_high_alert_insulin() -> None:
    an, binh, stay = make_world()
    system, _new = CodeSystem.objects.get_or_create(code="medicine", defaults={"title": "m", "url": "urn:m"})
    Concept.objects.create(system=system, code="TH0088", display="Insulin", properties={"high_alert": True})
    dose = once(stay, an, code="TH0088", **INSULIN)
    measure(stay, binh, "10.4", minutes=9)
    with pytest.raises(services.NeedsWitness) as asked:
        give(dose, binh)
    assert asked.value.amount == 2
    assert "8 đến dưới 12" in str(asked.value)
    measure(stay, binh, "13", minutes=1)  # somebody measures between the two words
    assert refused(dose, binh, given=Given(amount=asked.value.amount), witness=make_cuc()) == "scale_says"


def test_no_label_and_no_total_says_an_amount_that_a_value_decides() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, **INSULIN)
    plain = once(stay, an, **INSULIN | {"scale": {}})
    [numbered] = number_doses(encounter=stay, doses=[dose], by=binh)
    [label] = dose_labels([numbered])
    assert "6" not in label.how
    lines = totals_of([dose, plain])
    assert len(lines) == 2
    assert {line.amount for line in lines} == {Decimal(6)}
    assert sum("nhiều nhất" in line.text for line in lines) == 1


def test_the_page_shows_the_line_of_the_newest_value() -> None:
    an, binh, stay = make_world()
    once(stay, an, **INSULIN)
    [line] = doses_of_stay(stay, ago(hours=1), now() + dt.timedelta(hours=1))
    assert line.scale is not None
    assert line.scale.measure
    measure(stay, binh, "10.4")
    [line] = doses_of_stay(stay, ago(hours=1), now() + dt.timedelta(hours=1))
    assert line.scale is not None
    assert [chosen for _words, chosen in line.scale.lines] == [False, True, False, False]
    assert line.amount_text == "theo thang"


def test_the_orders_own_condition_stops_the_dose() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, text="Digoxin", hold_if=holds_json(parse_holds("mạch <60, HATT <90")))
    assert refused(dose, binh) == "not_measured"
    measure(stay, binh, "52", sign="pulse")
    assert refused(dose, binh) == "outside_limits"
    measure(stay, binh, "60", minutes=2, sign="pulse")
    assert refused(dose, binh) == "not_measured"  # the pressure too
    values = {"systolic": Decimal(110), "diastolic": Decimal(70)}
    record_vital_signs(encounter=stay, values=values, by=binh, effective_at=ago(minutes=HOLDS_WITHIN + 5))
    assert refused(dose, binh) == "not_measured"
    record_vital_signs(encounter=stay, values=values, by=binh, effective_at=ago(minutes=1))
    assert give(dose, binh).status == "completed"


def test_what_waits_for_an_operation_is_due_when_its_time_is_told_and_moves_with_it() -> None:
    an, binh, stay = make_world()
    asked = order(stay, an, text="Cefazolin", times_per_day=None, before_event="surgery", minutes_before=60)
    assert not DueDose.objects.exists()
    assert services.look_ahead() == 0

    def tell(hours: float | None, note: str = "") -> None:
        at = None if hours is None else now() + dt.timedelta(hours=hours)
        services.tell_event(encounter=stay, kind="surgery", at=at, told=key(), by=binh, note=note)

    tell(5)
    dose = DueDose.objects.get()
    assert abs(dose.due_at - (now() + dt.timedelta(hours=4))) < dt.timedelta(minutes=1)
    assert refused(dose, binh) == "early"
    tell(0.9)
    dose.refresh_from_db()
    assert dose.due_at < now()
    tell(None, "Chờ xét nghiệm")
    dose.refresh_from_db()
    assert dose.ended == "put-off"
    assert refused(dose, binh) == "ended"
    with pytest.raises(DomainError):
        tell(None)
    told = Told(key=uuid.uuid4())
    at = now() + dt.timedelta(minutes=50)
    for _time in range(2):
        services.tell_event(encounter=stay, kind="surgery", at=at, told=told, by=binh)
    with pytest.raises(Conflict):
        services.tell_event(encounter=stay, kind="procedure", at=at, told=told, by=binh)
    dose.refresh_from_db()
    assert dose.is_open
    give(dose, binh)
    tell(6)  # nothing that was answered moves, and no second dose is made
    assert DueDose.objects.filter(order=asked).count() == 1
    dose.refresh_from_db()
    assert dose.outcome == "given"
    stopped = order(stay, an, text="Khác", times_per_day=None, before_event="surgery", minutes_before=30)
    waiting = DueDose.objects.get(order=stopped)
    orders.stop_order(order=stopped, reason="Không mổ", by=an)
    services.plan_order(order_id=stopped.pk)
    waiting.refresh_from_db()
    assert waiting.ended == "stopped"


def test_a_scale_told_afterwards_without_a_value_is_kept_to_be_settled() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, minutes=-20, **INSULIN)
    told = Told(key=uuid.uuid4(), happened_at=ago(minutes=10), is_replay=True)
    with pytest.raises(services.Kept):
        give(dose, binh, told)
    assert GivingConflict.objects.get().why == "rule"
    assert not MedicationAdministration.objects.exists()
