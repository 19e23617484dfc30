"""Tapers, scales, conditions, what waits for an operation: typed on one line or in the form, kept, printed, carried on."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr.common.errors import DomainError
from encounters.orders import services
from encounters.orders.models import MedicationRequest
from encounters.orders.oneline import parse_line
from encounters.orders.regimens import (
    Hold,
    Scale,
    ScaleLine,
    TaperStep,
    checked_scale,
    holds_json,
    holds_typed,
    parse_holds,
    parse_scale,
    parse_steps,
    read_holds,
    read_scale,
    read_steps,
    scale_json,
    scale_typed,
    step_on,
    steps_json,
    steps_typed,
)
from encounters.orders.selectors.changes import is_unchanged
from encounters.orders.services.quick import line_fields
from encounters.orders.wording import medication_text
from tests.encounters import chart
from tests.encounters.medicines.doses import make_world, order
from tests.encounters.visits.ward import ago, signed_in

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCALE = "<8:0 8-12:2 12-16:4 >16:6!"


def test_a_taper_a_scale_and_a_condition_are_written_on_one_line() -> None:
    taper = parse_line("prednisolon 5 8v x1 3n > 6v 3n > 4v 5n sa")
    assert taper.problems == []
    assert taper.steps == (TaperStep(Decimal(8), 3), TaperStep(Decimal(6), 3), TaperStep(Decimal(4), 5))
    assert (taper.name, taper.days, taper.meal, taper.times_per_day) == ("prednisolon 5", 11, "after", 1)

    insulin = parse_line(f"insulin nhanh thang {SCALE} x3 tdd")
    assert insulin.problems == []
    assert insulin.scale is not None
    assert [line.dose for line in insulin.scale.lines] == [0, 2, 4, 6]
    assert (insulin.name, insulin.dose, insulin.unit, insulin.route) == ("insulin nhanh", 6, "U", "SC")
    assert parse_line(f"insulin nhanh theo đường huyết {SCALE} 30p x3").scale == Scale(
        "glucose", insulin.scale.lines, 30
    )

    digoxin = parse_line("digoxin 0,25 1v x1 ngưng nếu mạch <60 hoặc HATT < 90")
    assert digoxin.problems == []
    assert digoxin.holds == (Hold("pulse", "<", Decimal(60)), Hold("systolic", "<", Decimal(90)))
    assert digoxin.name == "digoxin 0,25"

    before = parse_line("cefazolin 1g 2lọ tmc trước mổ 45p")
    assert before.problems == []
    assert (before.before_event, before.minutes_before, before.times_per_day) == ("surgery", 45, None)


@pytest.mark.parametrize(
    "typed",
    [
        "insulin thang 8-12:2 10-14:4 x3",
        "insulin thang 8-12:2 14-16:4 x3",
        "insulin thang <8:0 x3",
        "insulin 5 U 4x3 thang <8:0 8-12:2",
        "prednisolon 8v x1 3n > 6ống 3n > 4v 3n",
        "prednisolon 8v 80n > 6v 20n x1",
        "prednisolon 8v 3n > 6v 3n PRN đau",
    ],
)
def test_what_makes_no_regimen_is_said_in_words(typed: str) -> None:
    assert parse_line(typed).problems


numbers = st.decimals("0.1", "99", places=1)


@calmly
@given(
    st.lists(numbers, min_size=1, max_size=6, unique=True), st.booleans(), st.booleans(), numbers, st.data()
)
def test_a_scale_says_one_amount_for_each_value_and_is_read_again(
    edges: list[Decimal], low_open: bool, high_open: bool, value: Decimal, data: st.DataObject
) -> None:
    ends: list[Decimal | None] = sorted(edges)  # type: ignore[assignment]
    ends = ([None] if low_open else []) + ends + ([None] if high_open else [])
    doses = data.draw(st.lists(numbers, min_size=len(ends), max_size=len(ends)))
    lines = tuple(
        ScaleLine(low, high, dose, data.draw(st.booleans()))
        for low, high, dose in zip(ends, ends[1:], doses, strict=False)
    )
    if not lines:
        return
    scale = checked_scale(Scale("glucose", lines, 45))
    assert read_scale(scale_json(scale)) == scale
    assert parse_scale(scale_typed(scale)) == scale
    fitting = [line for line in scale.lines if line.fits(value)]
    outside = (not low_open and value < min(edges)) or (not high_open and value >= max(edges))
    assert len(fitting) == (0 if outside else 1)
    assert scale.line_for(value) == (fitting[0] if fitting else None)


@calmly
@given(st.lists(st.tuples(numbers, st.integers(1, 7)), min_size=2, max_size=12), st.integers(0, 100))
def test_a_taper_is_read_again_and_each_day_has_its_step(steps: list[tuple[Decimal, int]], day: int) -> None:
    taper = tuple(TaperStep(dose, days) for dose, days in steps)
    assert read_steps(steps_json(taper)) == taper
    assert parse_steps(steps_typed(taper)) == taper
    by_day = [step for step in taper for _day in range(step.days)]
    assert step_on(taper, day) == (by_day[day] if day < len(by_day) else None)


@calmly
@given(
    st.lists(st.sampled_from(["pulse", "systolic", "glucose", "oxygen", "respiration"]), max_size=4), numbers
)
def test_conditions_are_read_again(signs: list[str], value: Decimal) -> None:
    holds = tuple(Hold(sign, op, value) for sign, op in zip(signs, ["<", "<=", ">", ">="], strict=False))
    assert read_holds(holds_json(holds)) == holds
    assert parse_holds(holds_typed(holds)) == holds


@calmly
@given(st.text(max_size=120))
def test_nothing_typed_breaks_the_fields(typed: str) -> None:
    for parse in (parse_steps, parse_scale, parse_holds):
        try:
            parse(typed)
        except DomainError as refusal:
            assert str(refusal)


def test_the_sheet_says_the_whole_of_it() -> None:
    taper = MedicationRequest(text="Prednisolon 5 mg", dose=Decimal(8), dose_unit="vien", times_per_day=1, route="PO",
                              steps=steps_json(parse_steps("8 3n > 6 3n")))  # fmt: skip
    assert "8 viên trong 3 ngày, rồi 6 viên trong 3 ngày" in medication_text(taper, unit="viên")
    scale = MedicationRequest(text="Insulin", dose=Decimal(6), dose_unit="U", times_per_day=3, route="SC",
                              scale=scale_json(parse_scale(SCALE)))  # fmt: skip
    words = medication_text(scale, unit="UI")
    assert "dưới 8: không dùng" in words
    assert "từ 16 trở lên: 6 UI, báo bác sĩ" in words
    assert "6 UI × 3" not in words
    held = MedicationRequest(text="Digoxin", dose=Decimal(1), dose_unit="vien", times_per_day=1, route="PO",
                             hold_if=holds_json(parse_holds("mạch <60")))  # fmt: skip
    assert "mạch < 60" in medication_text(held)


@pytest.mark.django_db
class TestKept:
    """On entries and in the database."""

    def test_a_taper_goes_on_with_the_next_round_where_it_was(self) -> None:
        an, _binh, stay = make_world(at=ago(hours=60), late_reason="Mất mạng")
        steps = steps_json(parse_steps("8 2n > 6 2n"))
        first = order(stay, an, at=ago(hours=51), text="Prednisolon 5 mg", route="PO", dose=Decimal(8), dose_unit="vien",
                      times_per_day=1, steps=steps)  # fmt: skip
        assert (first.dose, first.days) == (8, 4)
        entry = chart.begin(stay, an)
        services.copy_orders(source=first.entry, target=entry, by=an)
        carried = MedicationRequest.objects.get(entry=entry)
        assert (carried.steps, carried.dose, carried.days) == (first.steps, 6, 2)
        assert carried.steps_from == first.happens_at
        assert is_unchanged(carried, first)

    def test_a_taper_that_is_over_is_not_carried_on(self) -> None:
        an, _binh, stay = make_world(at=ago(hours=80), late_reason="Mất mạng")
        steps = steps_json(parse_steps("8 1n > 6 1n"))
        first = order(stay, an, at=ago(hours=70), text="P", times_per_day=1, steps=steps)
        assert services.copy_orders(source=first.entry, target=chart.begin(stay, an), by=an) == 0

    def test_the_database_and_the_service_refuse_what_makes_no_sense(self) -> None:
        an, _binh, stay = make_world()
        entry = chart.begin(stay, an)
        line: dict[str, Any] = {
            "text": "P",
            "route": "PO",
            "dose": 1,
            "dose_unit": "vien",
            "times_per_day": 1,
        }
        steps, scale = steps_json(parse_steps("8 1n > 6 1n")), scale_json(parse_scale(SCALE))
        for wrong in (
            {"steps": steps, "scale": scale},
            {"steps": steps[:1]},
            {"steps": [{"dose": "x", "days": 1}]},
            {"scale": {"sign": "glucose"}},
            {"hold_if": [{"sign": "luck", "op": "<", "value": "7"}]},
            {"before_event": "surgery"},
        ):
            with pytest.raises(DomainError):
                services.add_medication(entry=entry, by=an, **line | wrong)
        kept = services.add_medication(entry=entry, by=an, **line)
        with pytest.raises(IntegrityError, match="by_the_clock"), transaction.atomic():
            MedicationRequest.objects.filter(pk=kept.pk).update(steps=steps, scale=scale)

    def test_the_form_takes_a_scale_and_shows_it_again(self) -> None:
        an, _binh, stay = make_world()
        entry, client = chart.begin(stay, an), signed_in(an)
        fields = {
            "kind": "medication",
            "code_text": "Insulin nhanh",
            "dose_unit": "U",
            "route": "SC",
            "days": "1",
        }
        wrong = self._post(client, entry, fields | {"scale": "8-12 2", "times_per_day": "3"})
        assert wrong.status_code == 422
        assert "8-12 2" in wrong.content.decode()
        assert self._post(client, entry, fields | {"scale": SCALE, "times_per_day": "3"}).status_code == 201
        kept = MedicationRequest.objects.get(entry=entry)
        assert (kept.dose, kept.by_scale) == (6, parse_scale(SCALE))
        again = client.get(reverse("encounters:orders:draft", args=[kept.uuid])).content.decode()
        assert "&lt;8:0 8-12:2 12-16:4 &gt;16:6!" in again
        assert self._post(client, entry, fields | {"times_per_day": "3"}).status_code == 422  # no dose at all

    @staticmethod
    def _post(client: Client, entry: Any, fields: dict[str, str]) -> Any:
        return client.post(reverse("encounters:orders:editor", args=[entry.uuid]), fields)

    def test_what_is_taken_home_has_one_amount_a_line(self) -> None:
        an, _binh, stay = make_world()
        scale = order(stay, an, text="Insulin", scale=scale_json(parse_scale(SCALE)))
        with pytest.raises(DomainError) as refusal:
            services.begin_prescriptions(encounter=stay, orders=[scale], days=7, by=an)
        assert refusal.value.code == "regimen"


def test_a_line_s_fields_are_those_of_its_row() -> None:
    class Found:
        code, display, properties = "TH1", "Prednisolon 5 mg", {"unit_code": "vien", "route": "PO"}

    fields = line_fields(Found, parse_line("prednisolon 8v x1 3n > 6v 3n"))
    row = MedicationRequest(**fields)
    assert row.taper == (TaperStep(Decimal(8), 3), TaperStep(Decimal(6), 3))
    assert dt.timedelta(days=row.days) == dt.timedelta(days=6)
