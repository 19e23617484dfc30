"""Rules across answers (FHIR questionnaire-constraint): read strictly, broken only by what is false."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.forms.engine import Form, InvalidQuestionnaire, parse, validate
from tests.encounters.forms.factories import form, q, questionnaire, response

NOW = "2026-11-22T09:30:00+07:00"
CONSTRAINT = "http://hl7.org/fhir/StructureDefinition/questionnaire-constraint"


def rule(expression: str, *, key: str = "r1", severity: str = "error", **more: Any) -> dict[str, Any]:
    parts = {"key": key, "severity": severity, "expression": expression, "human": "Không hợp lý."} | more
    kinds = {"key": "valueId", "severity": "valueCode"}
    return {
        "url": CONSTRAINT,
        "extension": [{"url": name, kinds.get(name, "valueString"): value} for name, value in parts.items()],
    }


def said(of: Form, answers: dict[str, Any], **told: Any) -> list[tuple[str, str, str]]:
    found = validate(of, answers, now=NOW, **told)
    return [(problem.path, problem.code, problem.severity) for problem in found]


def answer(link: str) -> str:
    return f"%resource.item.where(linkId='{link}').answer.value"


PRESSURE = form(
    q("low", "integer", extension=[rule(f"{answer('low')} < {answer('high')}")]), q("high", "integer")
)


@given(low=st.integers(0, 300), high=st.integers(0, 300))
def test_it_is_broken_exactly_where_its_expression_is_false(low: int, high: int) -> None:
    broken = [("a/low/0", "r1", "error")] if low >= high else []
    assert said(PRESSURE, response(low=low, high=high)) == broken


def test_what_is_not_answered_or_not_known_breaks_nothing() -> None:
    assert said(PRESSURE, response(low=80)) == []
    women = form(q("weeks", "integer"), extension=[rule("%patient.sex != 'male'")])
    assert said(women, response(weeks=12)) == []
    assert said(women, response(weeks=12), variables={"patient": {"sex": "female"}}) == []
    assert said(women, response(weeks=12), variables={"patient": {"sex": "male"}}) == [("", "r1", "error")]


def test_a_draft_is_not_held_to_rules() -> None:
    assert said(PRESSURE, response(low=90, high=80), complete=False) == []


def test_an_item_that_is_not_asked_has_no_rule() -> None:
    asked = form(
        q("smokes", "boolean"),
        q(
            "packs",
            "integer",
            enableWhen=[{"question": "smokes", "operator": "=", "answerBoolean": True}],
            extension=[rule("%context.answer.value > 0", severity="warning")],
        ),
    )
    assert said(asked, response(smokes=False, packs=0)) == []
    assert said(asked, response(smokes=True, packs=0)) == [("a/packs/0", "r1", "warning")]


def test_a_rule_of_a_repeating_group_is_asked_of_each_row() -> None:
    rows = form(
        q(
            "row",
            "group",
            repeats=True,
            extension=[
                rule(
                    "item.where(linkId='from').answer.value <= item.where(linkId='to').answer.value",
                    human="Đến trước từ.",
                )
            ],
            item=[q("from", "integer"), q("to", "integer")],
        )
    )

    def row(first: int, last: int) -> dict[str, Any]:
        return {
            "linkId": "row",
            "item": [
                {"linkId": "from", "answer": [{"valueInteger": first}]},
                {"linkId": "to", "answer": [{"valueInteger": last}]},
            ],
        }

    answers = response()
    assert said(rows, answers | {"item": [row(1, 2), row(2, 3)]}) == []
    assert [code for _path, code, _severity in said(rows, answers | {"item": [row(1, 2), row(3, 2)]})] == [
        "r1"
    ]


@pytest.mark.parametrize(
    "bad",
    [
        rule("1 +"),
        rule("true", severity="fatal"),
        rule("true", human=""),
        {"url": CONSTRAINT, "extension": [{"url": "key", "valueId": "k"}]},
    ],
)
def test_a_rule_that_can_t_be_kept_is_refused_by_name(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuestionnaire) as refused:
        parse(questionnaire(q("a", extension=[bad])))
    assert [place for place, _what in refused.value.problems] == ["item a"]
    assert "constraint" in str(refused.value)


def test_its_words_are_in_both_languages() -> None:
    human = {
        "url": "human",
        "valueString": "Không hợp lý.",
        "_valueString": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/translation",
                    "extension": [
                        {"url": "lang", "valueCode": "en"},
                        {"url": "content", "valueString": "Can't be."},
                    ],
                }
            ]
        },
    }
    whole = rule("false")
    whole["extension"] = [part for part in whole["extension"] if part["url"] != "human"] + [human]
    of = form(q("a", extension=[whole]))
    found = [validate(of, response(a="x"), now=NOW, language=one)[0].message for one in ("vi", "en")]
    assert found == ["Không hợp lý.", "Can't be."]


def test_a_form_says_who_writes_and_signs_it() -> None:
    of = form(
        q("a"),
        extension=[
            {"url": "urn:benhanmo:questionnaire-authors", "valueCode": "documents.note"},
            {
                "url": "urn:benhanmo:questionnaire-signers",
                "extension": [
                    {"url": "author", "valueString": "ĐIỀU DƯỠNG"},
                    {"url": "member", "valueString": "BÁC SĨ"},
                ],
            },
        ],
    )
    assert of.authors == "documents.note"
    assert of.signers == (("author", "ĐIỀU DƯỠNG"), ("member", "BÁC SĨ"))
    assert of.notes == ()
