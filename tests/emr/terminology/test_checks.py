"""A code where it may not stand is refused with the reason; where it had better not, it is warned of."""

import datetime as dt

import pytest

from emr.common.clock import local_today
from emr.terminology.selectors import Codes, Level, check_code, concept
from tests.emr.terminology.catalogue import LONG_AGO, SOME, bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _some() -> None:
    bring_in(SOME)


@pytest.mark.parametrize(
    ("code", "role", "sex", "expected"),
    [
        ("J18.9", "main_diagnosis", "male", []),
        ("G63.2", "main_diagnosis", "male", [(Level.ERROR, "not_main")]),
        ("G63.2", "secondary_diagnosis", "male", []),
        ("X00.9", "", None, [(Level.ERROR, "forbidden")]),
        ("I69.3", "main_diagnosis", None, [(Level.WARNING, "discouraged")]),
        ("R98", "main_diagnosis", None, [(Level.ERROR, "death_cause_only")]),
        ("R98", "cause_of_death", None, []),
        ("C53.9", "main_diagnosis", "male", [(Level.ERROR, "female_only")]),
        ("C53.9", "main_diagnosis", "female", []),
        ("C53.9", "main_diagnosis", "other", [(Level.WARNING, "female_only")]),
        ("N40", "main_diagnosis", "female", [(Level.ERROR, "male_only")]),
        ("W54", "external_cause", "male", []),
        ("J18.9", "external_cause", "male", [(Level.ERROR, "not_external_cause")]),
        ("J18", "main_diagnosis", "male", [(Level.WARNING, "needs_finer_code")]),
        ("Z99.9", "main_diagnosis", "male", [(Level.ERROR, "unknown_code")]),
    ],
)
def test_flags_by_role_and_sex(
    code: str, role: str, sex: str | None, expected: list[tuple[Level, str]]
) -> None:
    problems = check_code("icd10", code, role=role, sex=sex)
    assert [(problem.level, problem.code) for problem in problems] == expected
    assert all(code in problem.message for problem in problems)
    many = Codes("icd10", [code, "I10"])
    assert many.check(code, role=role, sex=sex, on=local_today()) == problems


def test_a_code_is_judged_on_the_encounters_day_and_by_one_query(django_assert_num_queries: object) -> None:
    assert check_code("icd10", "I10", on=LONG_AGO) == []
    assert [p.code for p in check_code("icd10", "I10", on=LONG_AGO - dt.timedelta(days=1))] == [
        "unknown_code"
    ]
    with django_assert_num_queries(1):  # type: ignore[operator]
        check_code("icd10", "G63.2", role="main_diagnosis", sex="male")


def test_many_codes_are_read_by_two_queries_and_mean_the_same(django_assert_num_queries: object) -> None:
    days = [LONG_AGO - dt.timedelta(days=1), LONG_AGO, local_today()]
    with django_assert_num_queries(2):  # type: ignore[operator]
        many = Codes("icd10", ["I10", "J18", "Z99.9"])
        told = [many.on("I10", day) for day in days]
    assert told == [concept("icd10", "I10", day) for day in days]
    assert told[0] is None
    for day in days:
        assert many.check("I10", role="", sex=None, on=day) == check_code("icd10", "I10", on=day)
    assert Codes("icd10", []).on("I10", days[-1]) is None
