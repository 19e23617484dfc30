"""A medicine typed on one line is understood, or what is missing is said in words; nothing typed breaks it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.orders.oneline import MEALS, MOST_DAYS, MOST_TIMES, ROUTES, parse_line


@pytest.mark.parametrize(
    ("typed", "name", "dose", "unit", "times", "days"),
    [
        ("amox 500 2x3 5n", "amox 500", "2", "", 3, 5),
        ("para 500 1v x3", "para 500", "1", "vien", 3, 1),
        ("ceftriaxon 1g 2 lọ x 1 TTM 7 ngày", "ceftriaxon 1g", "2", "lo", 1, 7),
        ("furosemid 20mg/2ml 1/2 ống x2 tmc", "furosemid 20mg/2ml", "0.5", "ong", 2, 1),
        ("Digoxin 0,25 mg 0,5 viên x 1", "Digoxin 0,25 mg", "0.5", "vien", 1, 1),
        ("omeprazol 20 1v x2 trước ăn 14n", "omeprazol 20", "1", "vien", 2, 14),
    ],
)
def test_what_doctors_write_is_understood(
    typed: str, name: str, dose: str, unit: str, times: int, days: int
) -> None:
    line = parse_line(typed)
    assert line.problems == []
    assert (line.name, line.dose, line.unit) == (name, Decimal(dose), unit)
    assert (line.times_per_day, line.days) == (times, days)


def test_when_needed_says_for_what() -> None:
    line = parse_line("para 500 1v x3 PRN sốt trên 38,5")
    assert (line.as_needed, line.as_needed_for, line.problems) == (True, "sốt trên 38,5", [])
    assert len(parse_line("para 500 1v PRN").problems) == 1
    assert parse_line("para 500 1v khi cần đau").as_needed_for == "đau"


def test_hours_route_and_meal() -> None:
    line = parse_line("metformin 850 1v 8h 20h30 uống sau ăn")
    assert (line.times, line.times_per_day) == (["08:00", "20:30"], 2)
    assert (line.route, line.meal, line.name) == ("PO", "after", "metformin 850")


@pytest.mark.parametrize(
    "typed",
    ["", "500 2x3", "amox", "amox 500", "amox 0x3", "amox 2x0", "amox 2x99", "amox 2x3 0n", "a 1/0x2"],
)
def test_what_nobody_could_give_is_said_in_words(typed: str) -> None:
    problems = parse_line(typed).problems
    assert problems
    assert all(problem.strip() for problem in problems)


@given(st.text(max_size=300))
def test_nothing_typed_breaks_it(typed: str) -> None:
    line = parse_line(typed)
    assert line.problems or (
        line.name and line.dose and 0 < line.dose < 100_000 and 1 <= line.days <= MOST_DAYS
    )


@given(
    name=st.sampled_from(["amoxicilin", "Phytomenadion", "Kali clorid", "đạm"]),
    dose=st.decimals("0.001", "999", places=3),
    times=st.integers(1, MOST_TIMES),
    days=st.integers(1, MOST_DAYS),
    unit=st.sampled_from([("v", "vien"), ("ống", "ong"), ("gói", "goi"), (" ml", "mL"), ("", "")]),
    route=st.sampled_from(sorted(ROUTES)),
    meal=st.sampled_from(sorted(MEALS)),
)
def test_what_is_written_is_read_again(
    name: str, dose: Decimal, times: int, days: int, unit: tuple[str, str], route: str, meal: str
) -> None:
    shown = f"{dose.normalize():f}".replace(".", ",")
    line = parse_line(f"{name} {shown}{unit[0]}x{times} {days}n {route} {meal}")
    assert line.problems == []
    assert (line.name, line.dose, line.unit) == (name, dose, unit[1])
    assert (line.times_per_day, line.days) == (times, days)
    assert (line.route, line.meal) == (ROUTES[route], MEALS[meal])
