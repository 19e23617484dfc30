"""What a scanner types is read, odd content warns, broken text is refused in words; nothing ever crashes."""

import contextlib
import datetime as dt

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from patients.registry.births import parse_birth
from patients.registry.cards import (
    Card,
    UnreadableCard,
    is_card_line,
    parse_card,
    parse_citizen_card,
    parse_insurance_card,
)
from patients.registry.citizen import sex_and_year, warnings_for
from patients.registry.terms import Terms, parse_terms

CITIZEN = "038157012345|171234567|NGUYỄN THỊ ĐÀO|14031957|Nữ|Thôn 3, Xã Ba Cụm Bắc, Khánh Sơn|21122021"
NAME = "Nguyễn Thị Đào".encode().hex()
INSURANCE = (
    f"HT2568912345678|{NAME}|14/03/1957|2|{NAME}|56 - 022|01/01/2026|-|01/01/2026|560|-|4|01/01/2020|x|$"
)


def test_a_citizen_card_is_read_whole() -> None:
    card = parse_card(CITIZEN)
    assert card == Card(
        kind="citizen",
        full_name="NGUYỄN THỊ ĐÀO",
        birth_date=dt.date(1957, 3, 14),
        birth_month=3,
        birth_year=1957,
        sex="female",
        address_text="Thôn 3, Xã Ba Cụm Bắc, Khánh Sơn",
        citizen_number="038157012345",
        old_citizen_number="171234567",
        issued_on=dt.date(2021, 12, 21),
    )


@pytest.mark.parametrize(
    "line",
    [
        CITIZEN.replace("171234567", ""),  # never had the former card
        CITIZEN.replace("171234567|", ""),  # a reader that leaves the empty field out
        CITIZEN.removesuffix("|21122021"),
        CITIZEN + "|079000000001|mới",  # the new card's further fields
        CITIZEN.replace("|", "｜"),  # an input method's wide bar
    ],
)
def test_layouts_seen_in_the_field_are_read_without_a_warning(line: str) -> None:
    card = parse_card(line)
    assert (card.full_name, card.sex, card.warnings) == ("NGUYỄN THỊ ĐÀO", "female", [])
    assert card.birth_date == dt.date(1957, 3, 14)


def test_further_fields_are_kept() -> None:
    assert parse_card(CITIZEN + "|079000000001|mới").extra == ("079000000001", "mới")


@pytest.mark.parametrize(
    ("good", "odd", "kept"),
    [
        ("038157012345", "03815701234", "03815701234"),  # a digit is missing
        ("038157012345", "038057012345", "038057012345"),  # issued for the other sex
        ("038157012345", "038158012345", "038158012345"),  # issued for another year
        ("|Nữ|", "|N?|", "N?"),
        ("14031957", "31021957", "31021957"),
        ("NGUYỄN THỊ ĐÀO", "NGUY?N TH? DAO", "NGUY?N TH? DAO"),
    ],
)
def test_odd_content_warns_and_never_refuses(good: str, odd: str, kept: str) -> None:
    card = parse_citizen_card(CITIZEN.replace(good, odd))
    assert card.warnings
    assert kept in (card.citizen_number, card.full_name) or any(kept in w for w in card.warnings)


@freeze_time("2026-11-22")
def test_an_insurance_card_is_read_whole() -> None:
    card = parse_card(INSURANCE)
    assert (card.kind, card.full_name, card.sex) == ("insurance", "Nguyễn Thị Đào", "female")
    assert (card.insurance_number, card.registered_facility) == ("HT2568912345678", "56022")
    assert (card.valid_from, card.valid_until, card.five_years_on) == (
        dt.date(2026, 1, 1),
        None,
        dt.date(2020, 1, 1),
    )
    assert card.warnings == []


@pytest.mark.parametrize(
    ("birth", "date", "year"), [("1957", None, 1957), ("14031957", dt.date(1957, 3, 14), 1957)]
)
def test_an_insurance_card_may_know_the_year_alone(birth: str, date: dt.date | None, year: int) -> None:
    card = parse_insurance_card(INSURANCE.replace("14/03/1957", birth))
    assert (card.birth_date, card.birth_year) == (date, year)


def test_a_name_that_is_no_hexadecimal_is_shown_as_it_came() -> None:
    card = parse_insurance_card(INSURANCE.replace(NAME, NAME[:-1], 1))
    assert card.full_name == NAME[:-1]
    assert card.warnings


def test_an_insurance_card_with_a_personal_number_is_told_from_a_citizen_card() -> None:
    card = parse_card(INSURANCE.replace("HT2568912345678", "038157012345"))
    assert (card.kind, card.citizen_number) == ("insurance", "038157012345")


@pytest.mark.parametrize("line", ["", "038157012345", "a|b|c|d|e", "|" * 3000])
def test_what_is_no_card_is_refused_in_words(line: str) -> None:
    with pytest.raises(UnreadableCard) as refused:
        parse_card(line)
    assert str(refused.value)


fields = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["038157012345", "14031957", "Nam", "Nữ", "", "-", "00/00/1957", NAME, "99999999", "1"]),
)


@given(st.lists(fields, max_size=16))
def test_no_line_whatever_crashes_a_parser(parts: list[str]) -> None:
    line = "|".join(parts)
    for parse in (parse_card, parse_citizen_card, parse_insurance_card):
        try:
            card = parse(line)
        except UnreadableCard:
            continue
        assert card.birth_date is None or card.birth_date.year == card.birth_year
        assert card.sex in {"male", "female", "unknown"}


@given(st.text(max_size=300))
def test_no_text_crashes_the_search_box_or_a_birth(text: str) -> None:
    assert isinstance(parse_terms(text), Terms)
    assert isinstance(is_card_line(text), bool)
    with contextlib.suppress(ValueError):
        parse_birth(text)


def test_the_century_digit_says_sex_and_year() -> None:
    assert sex_and_year("001057000001") == ("male", 1957)
    assert sex_and_year("001157000001") == ("female", 1957)
    assert sex_and_year("001305000001") == ("female", 2005)
    assert warnings_for("001157000001", sex="female", birth_year=1957) == []


@freeze_time("2026-11-22")
@pytest.mark.parametrize(
    ("typed", "date", "month", "year"),
    [
        ("14/03/1957", dt.date(1957, 3, 14), 3, 1957),
        ("14031957", dt.date(1957, 3, 14), 3, 1957),
        ("140326", dt.date(2026, 3, 14), 3, 2026),
        ("140357", dt.date(1957, 3, 14), 3, 1957),
        ("3/1957", None, 3, 1957),
        ("1957", None, None, 1957),
        ("", None, None, None),
    ],
)
def test_births_are_read_as_they_are_typed(
    typed: str, date: dt.date | None, month: int | None, year: int | None
) -> None:
    birth = parse_birth(typed)
    assert (birth.birth_date, birth.birth_month, birth.birth_year) == (date, month, year)


@pytest.mark.parametrize("typed", ["31/02/1980", "13/1980", "80", "hôm qua"])
def test_what_is_no_birth_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        parse_birth(typed)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("Đào  NGUYỄN", Terms(words=("dao", "nguyen"))),
        ("dao 1987", Terms(words=("dao",), birth_year=1987)),
        ("dao 14/03/1957", Terms(words=("dao",), birth_date=dt.date(1957, 3, 14))),
        ("0912 345 678", Terms(number="0912345678")),
        ("1987", Terms(number="1987")),
        ("ht2568912345678", Terms(number="HT2568912345678")),
        ("00000012", Terms(number="00000012")),
        ("12", Terms()),
        ("%_'\\", Terms()),
    ],
)
def test_the_box_sorts_words_numbers_and_births(typed: str, terms: Terms) -> None:
    assert parse_terms(typed) == terms
