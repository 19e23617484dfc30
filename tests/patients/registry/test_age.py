"""Days under a month, months under six years, else years."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.registry.age import Age, age_of, age_on, birth_text
from patients.registry.births import Birth

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (dt.date(2026, 11, 22), Age(0, "day")),
        (dt.date(2026, 10, 23), Age(30, "day")),
        (dt.date(2026, 10, 22), Age(1, "month")),
        (dt.date(2020, 11, 23), Age(71, "month")),
        (dt.date(2020, 11, 22), Age(6, "year")),
        (dt.date(1957, 3, 14), Age(69, "year")),
        (dt.date(2027, 1, 1), Age(0, "day")),
    ],
)
def test_the_unit_follows_the_age(born: dt.date, age: Age) -> None:
    assert age_on(born, TODAY) == age


@pytest.mark.parametrize(
    ("birth", "age", "text"),
    [
        (Birth(None, None, 1957), Age(69, "year", is_exact=False), "1957"),
        (Birth(None, 3, 2024), Age(32, "month", is_exact=False), "03/2024"),
        (Birth(), None, ""),
    ],
)
def test_less_is_known_and_said(birth: Birth, age: Age | None, text: str) -> None:
    assert age_of(birth, TODAY) == age
    assert birth_text(birth) == text


@given(st.dates(dt.date(1900, 1, 1), TODAY), st.dates(dt.date(1900, 1, 1), TODAY))
def test_who_is_older_is_never_younger(first: dt.date, second: dt.date) -> None:
    order = {"day": 0, "month": 1, "year": 2}
    older, younger = age_on(min(first, second), TODAY), age_on(max(first, second), TODAY)
    assert (order[older.unit], older.count) >= (order[younger.unit], younger.count)


def test_born_on_the_last_of_a_month_grows_on_the_last_of_a_shorter_one() -> None:
    assert age_on(dt.date(2026, 1, 31), dt.date(2026, 2, 28)) == Age(1, "month")
