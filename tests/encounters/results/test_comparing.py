"""Two times or two reports side by side: differences of numbers, of words; never of two people."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.urls import reverse

from emr.accounts.models import User
from encounters.results.selectors.comparing import Pair, pairs_of, side_of, words_of
from encounters.visits.models import Encounter
from tests.emr.people import make_chi
from tests.encounters import chart
from tests.encounters.results.reports import facts, file, value
from tests.encounters.results.test_through_time import at, page
from tests.encounters.visits.ward import admit, ago, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
XRAY = {"category": "imaging", "title": "X-quang ngực thẳng", "code": "XQ01"}


@pytest.fixture
def an_and_stay() -> tuple[User, Encounter]:
    return chart.make_stay(at=ago(hours=3))


def minute(days: int) -> str:
    return at(days)["collected_at"].strftime("%Y-%m-%dT%H:%M%z")


def compared(stay: Encounter, old: str, new: str) -> dict[str, Pair]:
    sides = [side_of(stay.patient, key, Q()) for key in (old, new)]
    assert sides[0] is not None
    assert sides[1] is not None
    return {pair.title: pair for pair in pairs_of(stay.patient, sides[0], sides[1], Q())}


def test_numbers_are_subtracted_in_one_unit_and_what_is_on_one_side_alone_says_so() -> None:
    stay = admit()
    hgb: dict[str, Any] = {"title": "HGB", "loinc": "718-7", "low": None, "high": None}
    file(stay, facts(value("4.0"), value("14", unit="g/dL", ucum="g/dL", **hgb),
                     value("9", title="Cũ", loinc="1-1"), **at(2)))  # fmt: skip
    file(stay, facts(value("5.0"), value("105", unit="g/L", ucum="g/L", **hgb), **at(1)))
    found = compared(stay, minute(2), minute(1))
    assert found["Kali"].difference == "+1 (+25 %)"
    assert found["HGB"].difference == "−35 (−25 %)"
    assert found["HGB"].old is not None
    assert found["HGB"].old.number == Decimal(140)
    assert (found["Cũ"].new, found["Cũ"].is_changed) == (None, True)


def test_below_what_is_measured_is_no_number_to_subtract() -> None:
    stay = admit()
    file(stay, facts(value("5", comparator="<"), **at(2)))
    file(stay, facts(value("9"), **at(1)))
    kali = compared(stay, minute(2), minute(1))["Kali"]
    assert (kali.difference, kali.is_changed) == ("", True)


def test_two_texts_differ_word_by_word() -> None:
    words = words_of("Phổi phải mờ đáy.\nTim bình thường.", "Phổi phải sáng.\nTim bình thường.")
    assert [text for kind, text in words.old if kind == "gone"] == ["mờ đáy."]
    assert [text for kind, text in words.new if kind == "new"] == ["sáng."]
    assert "".join(text for _kind, text in words.old) == "Phổi phải mờ đáy.\nTim bình thường."
    assert not words_of("Như cũ", " Như cũ ").is_changed


def test_a_film_is_compared_with_the_last_of_its_kind(an_and_stay: tuple[User, Encounter]) -> None:
    an, stay = an_and_stay
    evil = "<script>alert(1)</script>"
    file(stay, facts(narrative="Phổi mờ.", **XRAY, **at(9)))
    file(stay, facts(narrative=f"Phổi mờ nhẹ {evil}", **XRAY, **at(5)))
    file(stay, facts(narrative="Gan to.", category="ultrasound", title="Siêu âm bụng", **at(4)))
    new = file(stay, facts(narrative="Phổi sáng.", **XRAY, **at(1))).report
    client = signed_in(an)
    address = f"{page('compare', stay.patient.uuid)}?new={new.uuid}"
    assert address in client.get(page("report", new.uuid)).content.decode()
    html = client.get(address).content.decode()
    assert "mờ nhẹ" in html
    assert "<ins>sáng.</ins>" in html
    assert "Gan to" not in html
    assert evil not in html
    first = client.get(
        page("compare", stay.patient.uuid), {"new": str(new.uuid), "old": minute(9)}
    ).content.decode()
    assert "mờ nhẹ" not in first


def test_another_persons_report_is_no_side_and_a_stranger_compares_nothing(
    an_and_stay: tuple[User, Encounter],
) -> None:
    an, stay = an_and_stay
    other = file(admit(make_patient("Lê Văn Hùng")), facts(narrative="Bí mật", **XRAY, **at(9))).report
    mine = file(stay, facts(narrative="Phổi sáng.", **XRAY, **at(1))).report
    told = {"old": str(other.uuid), "new": str(mine.uuid)}
    assert "Bí mật" not in signed_in(an).get(page("compare", stay.patient.uuid), told).content.decode()
    assert signed_in(make_chi()).get(page("compare", stay.patient.uuid), told).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "9999-99-99T00:00+0000", "9999-12-31T23:59+0000", "\0"])
def test_a_side_that_is_not_there_shows_the_page_all_the_same(
    an_and_stay: tuple[User, Encounter], key: str
) -> None:
    an, stay = an_and_stay
    answer = signed_in(an).get(reverse("encounters:results:compare", args=[stay.patient.uuid]), {"new": key})
    assert answer.status_code == 200
