"""Whatever the order in which things are told, the same is missing; a form serves as many operations as it can."""

import datetime as dt
from itertools import permutations

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encounters.completeness.checks.forms import without_form
from encounters.completeness.rules import Rule, RuleBook
from encounters.visits.models import Procedure

FIRST = dt.date(2026, 11, 1)
DAYS = st.integers(0, 5)
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def operation(pk: int, day: int, length: int) -> Procedure:
    start = timezone.make_aware(dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(9)))
    return Procedure(pk=pk, started_at=start, ended_at=start + dt.timedelta(days=length))


def operations(told: list[tuple[int, int]]) -> list[Procedure]:
    return [operation(number, *one) for number, one in enumerate(told, 1)]


OPERATIONS = st.lists(st.tuples(DAYS, st.integers(0, 2)), max_size=5)
FORMS = st.lists(DAYS, max_size=4).map(lambda told: [FIRST + dt.timedelta(days=day) for day in told])


@calmly
@given(OPERATIONS, FORMS, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_makes_no_difference(
    told: list[tuple[int, int]], forms: list[dt.date], before: bool, chance: object
) -> None:
    done = operations(told)
    expected = without_form(done, forms, before=before)
    chance.shuffle(done)  # type: ignore[attr-defined]
    chance.shuffle(forms)  # type: ignore[attr-defined]
    assert without_form(done, forms, before=before) == expected


def fits(row: Procedure, day: dt.date) -> bool:
    assert row.ended_at is not None
    last = timezone.localdate(row.ended_at) + dt.timedelta(days=1)
    return timezone.localdate(row.started_at) <= day <= last


@calmly
@given(OPERATIONS, FORMS)
def test_no_other_way_of_handing_out_reports_leaves_fewer_operations_without(
    told: list[tuple[int, int]], forms: list[dt.date]
) -> None:
    done, forms = operations(told[:3]), forms[:3]
    places: list[dt.date | None] = [*forms, *([None] * len(done))]
    best = min(
        (
            sum(day is None or not fits(row, day) for row, day in zip(done, chosen, strict=True))
            for chosen in permutations(places, len(done))
        ),
        default=0,
    )
    assert len(without_form(done, forms, before=False)) == best


@calmly
@given(st.lists(DAYS, max_size=5), DAYS)
def test_of_the_facilitys_versions_that_had_begun_the_one_that_began_last_holds(
    told: list[int], day: int
) -> None:
    def version(number: int, begins: int) -> Rule:
        return Rule(
            code="a",
            kind="form",
            words={"vi": ""},
            begins_on=FIRST + dt.timedelta(days=begins),
            number=number,
        )

    own = [version(number, begins) for number, begins in enumerate(told, 1)]
    book = RuleBook({"a": (version(0, 0), *own)})
    held = book.rule("a", FIRST + dt.timedelta(days=day))
    assert held is not None
    begun = [rule for rule in own if rule.begins_on <= FIRST + dt.timedelta(days=day)]
    if not begun:
        assert held.number == 0
        return
    latest = max(rule.begins_on for rule in begun)
    assert held.begins_on == latest
    assert held.number == max(rule.number for rule in begun if rule.begins_on == latest)
