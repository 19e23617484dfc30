"""The checks by themselves: each names medicine, rule, value and the safer way; the shipped knowledge has its sources."""

import csv
from decimal import Decimal

import pytest

from encounters.orders.checks import Facts, Item, Rule, check
from encounters.orders.selectors.ingredients import parts, plain
from encounters.orders.services import shipped

ADULT = Facts(age=50)


def rules() -> list[Rule]:
    rows = csv.DictReader(shipped("rules").decode().splitlines())
    return [
        Rule(
            code=row["code"],
            kind=row["kind"],
            subject=plain(row["subject"]),
            other=plain(row["other"]),
            level=row["level"] or "inline",
            population=row["population"],
            unit=row["unit"],
            most_per_dose=Decimal(row["most_per_dose"]) if row["most_per_dose"] else None,
            most_per_day=Decimal(row["most_per_day"]) if row["most_per_day"] else None,
            text=row["text"],
            advice=row["advice"],
            source=row["source"],
        )
        for row in rows
    ]


def item(ingredient: str, uuid: str = "1", **told: object) -> Item:
    return Item(uuid=uuid, text=ingredient, parts=tuple(parts(ingredient)), **told)  # type: ignore[arg-type]


def kinds(items: list[Item], facts: Facts = ADULT) -> list[tuple[str, str]]:
    return [(alert.key.partition(":")[0], alert.level) for alert in check(items, facts, rules())]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Ibuprofen", "Diclofenac natri", [("duplicate", "inline")]),
        ("Ibuprofen", "Ibuprofen", [("duplicate", "inline")]),
        ("Enalapril", "Perindopril", [("duplicate", "inline")]),
        ("Paracetamol", "Ibuprofen", []),
    ],
)
def test_two_medicines_of_one_class_are_shown_once(
    one: str, two: str, expected: list[tuple[str, str]]
) -> None:
    assert kinds([item(one, "a"), item(two, "b")]) == expected


@pytest.mark.parametrize(
    ("allergy", "ingredient", "expected"),
    [
        ("Penicillin", "Amoxicilin + acid clavulanic", [("allergy", "interrupt")]),
        ("Penicillin", "Ceftriaxon", [("cross", "interrupt")]),
        ("Penicillin", "Meropenem", [("cross", "inline")]),
        ("Diclofenac", "Diclofenac natri", [("allergy", "interrupt")]),
        ("Diclofenac", "Meloxicam", [("cross", "interrupt")]),
        ("Tôm", "Amoxicilin", []),
        ("Penicillin", "Azithromycin", []),
    ],
)
def test_an_allergy_stops_the_substance_and_its_kin(
    allergy: str, ingredient: str, expected: list[tuple[str, str]]
) -> None:
    assert kinds([item(ingredient)], Facts(allergies=((allergy, plain(allergy)),), age=50)) == expected


def test_two_medicines_that_harm_each_other_are_named_once_with_the_safer_way() -> None:
    found = check([item("Clarithromycin", "a"), item("Atorvastatin", "b")], ADULT, rules())
    (alert,) = found
    assert (alert.order_uuid, alert.level) == ("b", "interrupt")
    assert "Clarithromycin" in alert.message
    assert "Atorvastatin" in alert.message
    assert alert.advice
    assert alert.source.startswith("Nhãn thuốc FDA")
    running = item("Clarithromycin", "a", is_draft=False)
    assert kinds([running, item("Atorvastatin", "b")]) == [("interaction", "interrupt")]
    assert kinds([running]) == []


def test_the_same_ingredient_twice_is_shown_beside_the_line() -> None:
    assert kinds([item("Paracetamol", "a"), item("Tramadol + paracetamol", "b")]) == [("duplicate", "inline")]


@pytest.mark.parametrize(
    ("dose", "times", "facts", "expected"),
    [
        (500, 4, ADULT, []),
        (500, 9, ADULT, [("dose", "interrupt")]),
        (1500, 1, ADULT, [("dose", "interrupt")]),
        (150, 4, Facts(age=4, weight=Decimal(15)), []),
        (500, 1, Facts(age=4, weight=Decimal(15)), [("dose", "interrupt")]),
        (150, 4, Facts(age=4), [("weight", "inline")]),
        (5000, 4, Facts(), []),
    ],
)
def test_a_dose_is_held_against_the_most_for_this_patient(
    dose: int, times: int, facts: Facts, expected: list[tuple[str, str]]
) -> None:
    given = item("Paracetamol", dose=Decimal(dose), times_per_day=Decimal(times))
    assert kinds([given], facts) == expected


def test_pregnancy_is_asked_about_when_it_is_known() -> None:
    pregnant = Facts(age=30, is_pregnant=True)
    assert kinds([item("Enalapril maleat")], pregnant) == [("pregnancy", "interrupt")]
    assert kinds([item("Enalapril maleat")], Facts(age=30)) == []
    assert kinds([item("Paracetamol")], pregnant) == []


def test_every_shipped_row_says_where_it_is_from_and_what_to_do_instead() -> None:
    shipped_rules = rules()
    assert all(rule.source for rule in shipped_rules)
    pairs = [rule for rule in shipped_rules if rule.kind == "interaction"]
    assert len(pairs) >= 60
    assert all(
        rule.text and rule.advice and rule.level in {"interrupt", "inline", "passive"} for rule in pairs
    )
