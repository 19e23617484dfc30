"""Finding a code: words in any order, accents or not, what is used most first, what may not be used never."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.terminology.selectors import search_concepts
from emr.terminology.text import search_text, words
from tests.emr.terminology.catalogue import SOME, bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _some() -> None:
    assert bring_in(SOME).added == len(SOME)


def found(query: str, **how: object) -> list[str]:
    return [match.code for match in search_concepts("icd10", query, **how)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query", ["viêm phổi", "viem phoi", "phoi viem", "VIÊM PHỔI,", "vie pho", "pneumonia"]
)
def test_words_in_any_order_with_or_without_accents(query: str) -> None:
    assert {"J18.9", "J15.9", "J12.9"} <= set(found(query))
    assert "I10" not in found(query)


def test_used_most_comes_first_and_the_shorter_title_before_the_longer() -> None:
    assert found("viem phoi")[:3] == ["J18.9", "J15.9", "J12.9"]


@pytest.mark.parametrize("query", ["J18.9", "j189", "J189 "])
def test_the_very_code_however_it_is_typed(query: str) -> None:
    assert found(query) == ["J18.9"]


def test_codes_that_begin_so_come_in_order_of_use_after_the_very_code() -> None:
    assert found("j18") == ["J18", "J18.9"]


def test_a_doctors_abbreviation_comes_before_words_that_only_begin_so() -> None:
    assert found("tha")[0] == "I10"
    assert "I20.9" in found("tha")  # "thắt"


def test_accents_that_were_typed_put_the_right_word_first() -> None:
    assert found("bệnh dại")[0] == "A82.9"
    assert found("benh dai")[0] == "E11.9"


def test_a_word_matches_from_its_beginning_only() -> None:
    assert "J18.9" not in found("iem")


def test_a_slip_of_the_finger_finds_what_looks_alike_only_when_nothing_else_does() -> None:
    assert "J18.9" in found("viem phoii")
    assert found("zzzqqq") == []
    with_all_words = found("phoi vi khuan")
    assert with_all_words == ["J15.9"]


@pytest.mark.parametrize("query", ["viem phoi", "viem phoii", ""])
def test_one_query_whatever_is_asked(query: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        search_concepts("icd10", query)
    assert len(queries) == 1


def test_a_forbidden_code_is_offered_nowhere() -> None:
    assert found("X00.9") == []
    assert found("ma khong duoc dung") == []


def test_what_cannot_be_a_main_diagnosis_is_not_offered_as_one() -> None:
    assert "G63.2" in found("than kinh", use="secondary_diagnosis")
    assert "G63.2" not in found("than kinh", use="main_diagnosis")
    assert "R98" in found("R98", use="cause_of_death")
    assert "R98" not in found("R98", use="main_diagnosis")


def test_external_causes_are_all_that_their_field_offers() -> None:
    assert found("", use="external_cause") == ["W54"]


def test_codes_of_the_other_sex_are_left_out_and_unknown_sex_is_warned() -> None:
    assert found("C53", sex="male") == []
    assert found("N40", sex="female") == []
    assert found("C53", sex="female") == ["C53.9"]
    assert search_concepts("icd10", "N40", sex="unknown")[0].notes


def test_discouraged_codes_come_after_and_say_so() -> None:
    assert found("nhoi mau nao") == ["I63.9", "I69.3"]
    assert search_concepts("icd10", "I69")[0].notes


def test_a_code_is_not_found_before_its_day() -> None:
    assert found("J18.9", on=dt.date(2019, 12, 31)) == []


def test_limit_and_other_systems() -> None:
    assert len(found("", limit=3)) == 3
    assert search_concepts("medicine", "viem phoi") == []


@pytest.mark.parametrize(
    "query", ["%", "_", "\\", "'; DROP TABLE x; --", "a" * 5000, "%s %(q)s {words}", "\x00"]
)
def test_odd_input_is_only_words(query: str) -> None:
    assert isinstance(found(query), list)


def test_words_of_a_text() -> None:
    assert words("Kali 7,5 % (SpO₂)") == ["kali", "7.5", "spo2"]
    assert words("Đái  tháo-đường") == ["dai", "thao", "duong"]
    assert search_text("J18.9", "Viêm phổi", "Pneumonia") == " viem phoi pneumonia j18.9 j189 "
