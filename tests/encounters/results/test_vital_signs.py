"""Vital signs: asked about when unusual, refused when impossible, stored once, corrected as new rows."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from emr.accounts.models import User
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.results import selectors, services
from encounters.results.forms import VitalSignsForm
from encounters.results.models import Observation
from encounters.visits.models import Encounter
from tests.emr.people import make_binh
from tests.encounters.visits.ward import admit, ago, department

pytestmark = pytest.mark.django_db

USUAL = {
    "pulse": Decimal(80),
    "temperature": Decimal("37.2"),
    "systolic": Decimal(120),
    "diastolic": Decimal(80),
}


@pytest.fixture
def binh() -> User:
    return make_binh(department())


@pytest.fixture
def stay() -> Encounter:
    return admit(at=ago(hours=5))


def test_a_round_is_stored_once_however_often_it_is_sent(binh: User, stay: Encounter) -> None:
    key = uuid.uuid4()
    first = services.record_vital_signs(encounter=stay, values=USUAL, by=binh, batch=key)
    again = services.record_vital_signs(encounter=stay, values=USUAL, by=binh, batch=key)
    assert {o.pk for o in first} == {o.pk for o in again}
    assert Observation.objects.count() == len(USUAL)
    with pytest.raises(Conflict):
        services.record_vital_signs(encounter=stay, values=USUAL | {"pulse": Decimal(90)}, by=binh, batch=key)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"temperature": Decimal(385)}, "impossible"),
        ({"oxygen": Decimal(101)}, "impossible"),
        ({"systolic": Decimal(80), "diastolic": Decimal(120)}, "impossible"),
        ({"systolic": Decimal(120)}, "incomplete"),
        ({}, "empty"),
        ({"pulse": Decimal(190)}, "unusual"),
    ],
)
def test_what_cannot_be_is_refused_and_what_is_rare_is_asked(
    binh: User, stay: Encounter, values: dict[str, Decimal], code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        services.record_vital_signs(encounter=stay, values=values, by=binh)
    assert refusal.value.code == code
    assert not Observation.objects.exists()


def test_an_unusual_number_is_stored_when_the_person_says_yes(binh: User, stay: Encounter) -> None:
    services.record_vital_signs(encounter=stay, values={"pulse": Decimal(190)}, by=binh, confirmed=True)
    assert Observation.objects.get().value == 190


def test_times_outside_the_stay_and_late_ones_are_refused(binh: User) -> None:
    stay = admit(at=ago(hours=30), late_reason="Nhập lại")
    for at, code in (
        (now() + dt.timedelta(hours=1), "future"),
        (ago(hours=31), "before_stay"),
        (ago(hours=13), "late"),
    ):
        with pytest.raises(DomainError) as refusal:
            services.record_vital_signs(encounter=stay, values=USUAL, by=binh, effective_at=at)
        assert refusal.value.code == code
    services.record_vital_signs(
        encounter=stay, values=USUAL, by=binh, effective_at=ago(hours=13), late_reason="Mất điện"
    )


def test_a_correction_is_a_new_row_and_happens_once(binh: User, stay: Encounter) -> None:
    (pulse, *_rest) = services.record_vital_signs(encounter=stay, values=USUAL, by=binh)
    fixed = services.correct_observation(observation=pulse, by=binh, reason="Gõ nhầm", value=Decimal(88))
    assert (fixed.status, fixed.replaces) == ("corrected", pulse)
    assert Observation.objects.get(pk=pulse.pk).value == 80
    with pytest.raises(Conflict):
        services.correct_observation(observation=pulse, by=binh, reason="Lần hai")
    assert selectors.latest_values(stay)["pulse"] == 88
    services.correct_observation(observation=fixed, by=binh, reason="Nhầm người bệnh")
    assert "pulse" not in selectors.latest_values(stay)


def test_the_database_refuses_to_change_a_measurement(binh: User, stay: Encounter) -> None:
    services.record_vital_signs(encounter=stay, values=USUAL, by=binh)
    for statement in ("UPDATE results_observation SET value = 1", "DELETE FROM results_observation"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_pressure_may_be_typed_as_one_and_decimals_with_a_comma() -> None:
    form = VitalSignsForm({"batch": str(uuid.uuid4()), "systolic": "120/80", "temperature": "38,5"})
    assert form.is_valid()
    assert form.values() == {
        "systolic": Decimal(120),
        "diastolic": Decimal(80),
        "temperature": Decimal("38.5"),
    }
    assert not VitalSignsForm({"batch": str(uuid.uuid4()), "pulse": "tám mươi"}).is_valid()


def test_the_chart_has_the_bold_line_at_37_and_its_queries_do_not_grow(
    binh: User, stay: Encounter, django_assert_num_queries: object
) -> None:
    for hours in (4, 3, 2):
        services.record_vital_signs(encounter=stay, values=USUAL, by=binh, effective_at=ago(hours=hours))
    with django_assert_num_queries(1):  # type: ignore[operator]
        chart = selectors.vital_sign_chart(selectors.vital_sign_rounds(stay))
    assert chart is not None
    low, high = chart.rows[0][0], chart.rows[-1][0]
    assert chart.bold_y == pytest.approx(low + (high - low) * 2 / 6)
    assert {curve.name for curve in chart.curves} == {"pulse", "temperature"}
