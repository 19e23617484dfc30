"""Rules of a form, as an answer meets them."""

from typing import Any

import pytest

from encounters.forms.engine import Coding, read_response, validate
from encounters.forms.engine.tree import build
from tests.encounters.forms.factories import ICD, form, options, q, response

CORE = "http://hl7.org/fhir/StructureDefinition/"


def codes(*items: dict[str, Any], complete: bool = True, **answers: Any) -> list[tuple[str, str]]:
    found = validate(form(*items), response(**answers), complete=complete)
    return [(problem.path, problem.code) for problem in found]


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        (q("a", required=True), None, "required"),
        (q("a", maxLength=3), "abcd", "too-long"),
        (q("a", extension=[{"url": CORE + "minLength", "valueInteger": 3}]), "ab", "too-short"),
        (q("a", extension=[{"url": CORE + "regex", "valueString": "[0-9]+"}]), "x1", "pattern"),
        (q("a", "integer"), "twelve", "wrong-type"),
        (q("a", "integer", extension=[{"url": CORE + "maxValue", "valueInteger": 300}]), 301, "too-large"),
        (q("a", "decimal", extension=[{"url": CORE + "minValue", "valueDecimal": 20}]), 19.9, "too-small"),
        (
            q("a", "decimal", extension=[{"url": CORE + "maxDecimalPlaces", "valueInteger": 1}]),
            38.55,
            "too-precise",
        ),
        (q("a", "choice", answerOption=options("x")), {"system": "urn:test", "code": "y"}, "not-an-option"),
        (q("a", "choice", answerOption=options("x")), {"system": "urn:other", "code": "x"}, "not-an-option"),
        (q("a"), ["one", "two"], "too-many"),
        (
            q("a", repeats=True, extension=[{"url": CORE + "questionnaire-maxOccurs", "valueInteger": 2}]),
            ["1", "2", "3"],
            "too-many",
        ),
        (
            q("a", repeats=True, extension=[{"url": CORE + "questionnaire-minOccurs", "valueInteger": 2}]),
            ["1"],
            "too-few",
        ),
    ],
)
def test_an_answer_against_the_rule_is_told(item: dict[str, Any], value: Any, expected: str) -> None:
    answers = {} if value is None else {"a": value}
    assert codes(item, **answers) == [("a/a/0", expected)]


def test_a_draft_may_lack_what_is_required() -> None:
    item = q("a", required=True)
    assert codes(item, complete=False) == []
    assert codes(item) == [("a/a/0", "required")]


def test_what_the_form_doesn_t_have_is_refused() -> None:
    assert codes(q("a"), b="x") == [("a/b", "unknown-item")]
    # A known item in the wrong place is no better.
    assert codes(q("g", "group", item=[q("a")]), a="x") == [("a/a", "unknown-item")]


def test_answers_to_another_version_are_refused() -> None:
    found = validate(form(q("a")), {**response(a="x"), "questionnaire": "urn:test:form|2"})
    assert [problem.code for problem in found] == ["other-form"]


def test_a_code_is_checked_with_whoever_knows_the_list() -> None:
    asked = []

    def member(value_set: str, coding: Coding) -> bool | None:
        asked.append((value_set, coding.code))
        return coding.code != "X99"

    diagnosis = form(q("a", "choice", answerValueSet=f"{ICD}?fhir_vs"))
    right, wrong = (response(a={"system": ICD, "code": code}) for code in ("J18.9", "X99"))
    assert validate(diagnosis, right, membership=member) == []
    assert [p.code for p in validate(diagnosis, wrong, membership=member)] == ["not-an-option"]
    assert asked == [(f"{ICD}?fhir_vs", "J18.9"), (f"{ICD}?fhir_vs", "X99")]


ROWS = form(
    q(
        "habit",
        "group",
        repeats=True,
        item=[
            q("kind", "choice", answerOption=options("tobacco", "other")),
            q(
                "which",
                required=True,
                enableWhen=[
                    {
                        "question": "kind",
                        "operator": "=",
                        "answerCoding": {"system": "urn:test", "code": "other"},
                    }
                ],
            ),
        ],
    ),
    q("any", "boolean", enableWhen=[{"question": "kind", "operator": "exists", "answerBoolean": True}]),
)


def row(code: str, **more: str) -> dict[str, Any]:
    items = [
        {
            "linkId": "kind",
            "answer": [{"valueCoding": {"system": "urn:test", "code": code, "display": code.upper()}}],
        }
    ]
    items += [{"linkId": name, "answer": [{"valueString": text}]} for name, text in more.items()]
    return {"linkId": "habit", "item": items}


def test_a_condition_looks_at_its_own_row() -> None:
    resource = {
        "resourceType": "QuestionnaireResponse",
        "item": [row("tobacco"), row("other"), row("other", which="tea")],
    }
    assert [(p.path, p.code) for p in validate(ROWS, resource)] == [("a/which/1.0", "required")]
    tree = build(ROWS, read_response(resource)[0])
    assert [tree.is_enabled(node) for node in tree.find("which")] == [False, True, True]
    assert tree.is_enabled(tree.find("any")[0])


def test_the_answer_of_a_disabled_question_decides_nothing() -> None:
    chain = form(
        q("a", "boolean"),
        q("b", "boolean", enableWhen=[{"question": "a", "operator": "=", "answerBoolean": True}]),
        q("c", required=True, enableWhen=[{"question": "b", "operator": "=", "answerBoolean": True}]),
    )
    assert validate(chain, response(a=False, b=True)) == []
    assert [p.code for p in validate(chain, response(a=True, b=True))] == ["required"]


@pytest.mark.parametrize(("operator", "expected"), [("<", [True, False, False]), (">=", [False, True, True])])
def test_conditions_order_numbers(operator: str, expected: list[bool]) -> None:
    found = form(
        q("n", "integer"), q("x", enableWhen=[{"question": "n", "operator": operator, "answerInteger": 10}])
    )
    trees = [build(found, read_response(response(n=number))[0]) for number in (9, 10, 11)]
    assert [tree.is_enabled(tree.find("x")[0]) for tree in trees] == expected
    # Nothing answered is neither less nor more.
    assert not build(found, read_response(response())[0]).is_enabled(
        build(found, read_response(response())[0]).find("x")[0]
    )
