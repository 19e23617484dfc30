"""What a Questionnaire must be to become a form, and how plainly one that isn't is refused."""

from typing import Any

import pytest

from encounters.forms.engine import InvalidQuestionnaire, parse
from encounters.forms.engine.structure import check_structure
from tests.encounters.forms.factories import expression, form, options, q, questionnaire

CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"


def problems_of(*items: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidQuestionnaire) as refusal:
        form(*items, **more)
    return refusal.value.problems


@pytest.mark.parametrize(
    ("items", "place", "words"),
    [
        ([q("a", "attachment")], "item a", "type attachment is not supported"),
        ([q("a", "reference")], "item a", "type reference is not supported"),
        ([q("a", "number")], "item a", "unknown type 'number'"),
        ([{"type": "string"}], "Questionnaire", "linkId"),
        ([q("a"), q("g", "group", item=[q("a")])], "item a", "more than once"),
        ([q("a", "group")], "item a", "a group needs items"),
        ([q("a", "choice")], "item a", "needs answerOption or answerValueSet"),
        ([q("a", answerOption=options("x"))], "item a", "type string can't have answerOption"),
        ([q("a", "choice", answerOption=options("x", "x"))], "item a", "the same"),
        ([q("a", "date", maxLength=3)], "item a", "can't have maxLength"),
        ([q("a", "display", required=True)], "item a", "display can't be required"),
        ([q("a", initial=[{"valueInteger": 1}])], "item a", "initial value that doesn't fit"),
        ([q("a", initial=[{"valueString": "x"}, {"valueString": "y"}])], "item a", "several initial values"),
        ([q("a", lenght=4)], "item a", "unknown property lenght"),
        ([q("a", required="yes")], "item a", "required must be true or false"),
        ([q("a", modifierExtension=[{"url": "urn:x"}])], "item a", "modifier extensions"),
        (
            [q("a", enableWhen=[{"question": "b", "operator": "=", "answerString": "x"}])],
            "item a",
            "b, which is not in the form",
        ),
        (
            [q("a"), q("b", enableWhen=[{"question": "a", "operator": "exists", "answerString": "x"}])],
            "item b",
            "answerBoolean",
        ),
        (
            [q("a"), q("b", enableWhen=[{"question": "a", "operator": "=", "answerInteger": 1}])],
            "item b",
            "with a Integer",
        ),
        ([q("a", extension=[expression("calculatedExpression", "1 +")])], "item a", "calculatedExpression"),
        (
            [q("a", extension=[expression("calculatedExpression", "memberOf('x')")])],
            "item a",
            "unknown function memberOf()",
        ),
    ],
)
def test_what_can_t_be_honoured_is_refused_by_name(
    items: list[dict[str, Any]], place: str, words: str
) -> None:
    assert any(where == place and words in what for where, what in problems_of(*items)), problems_of(*items)


def test_every_problem_is_told_at_once() -> None:
    found = problems_of(q("a", "attachment"), q("b", lenght=1), q("c", "reference"))
    assert [place for place, _what in found] == ["item a", "item b", "item c"]


def test_conditions_that_wait_for_each_other_are_refused() -> None:
    def on(other: str) -> list[dict[str, Any]]:
        return [{"question": other, "operator": "exists", "answerBoolean": True}]

    found = problems_of(q("a", enableWhen=on("b")), q("b", enableWhen=on("c")), q("c", enableWhen=on("a")))
    assert "in a circle" in found[0][1]


def test_several_conditions_say_whether_all_or_any() -> None:
    on = [{"question": "a", "operator": "exists", "answerBoolean": True}] * 2
    assert "enableBehavior" in problems_of(q("a"), q("b", enableWhen=on))[0][1]
    assert form(q("a"), q("b", enableWhen=on, enableBehavior="any")).by_link_id["b"].any_condition


@pytest.mark.parametrize("resource", [None, [], "x", {}, {"resourceType": "Patient"}])
def test_other_things_are_no_questionnaire(resource: object) -> None:
    with pytest.raises(InvalidQuestionnaire, match="not a FHIR Questionnaire"):
        parse(resource)


def test_text_is_kept_with_its_translations() -> None:
    translated = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/translation",
                "extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "Pulse"}],
            }
        ]
    }
    item = form(q("a", text="Mạch", _text=translated), language="vi").by_link_id["a"]
    assert [item.text.in_language(language) for language in ("vi", "en", "en-gb", "fr")] == [
        "Mạch",
        "Pulse",
        "Pulse",
        "Mạch",
    ]


def test_a_help_item_becomes_the_help_of_its_question() -> None:
    control = {"url": CONTROL, "valueCodeableConcept": {"coding": [{"code": "help"}]}}
    item = form(q("a", item=[q("a.help", "display", text="In kilograms", extension=[control])])).by_link_id[
        "a"
    ]
    assert (item.help.text, item.items) == ("In kilograms", ())


def test_a_contained_value_set_gives_the_options() -> None:
    contained = [
        {
            "resourceType": "ValueSet",
            "id": "sides",
            "compose": {
                "include": [{"system": "urn:s", "concept": [{"code": "L", "display": "Left"}, {"code": "R"}]}]
            },
        }
    ]
    item = form(q("a", "choice", answerValueSet="#sides"), contained=contained).by_link_id["a"]
    assert [(option.key, option.label.text) for option in item.options] == [
        ("urn:s|L", "Left"),
        ("urn:s|R", "R"),
    ]
    assert (
        "lists no concepts"
        in problems_of(q("a", "choice", answerValueSet="#other"), contained=contained)[0][1]
    )


def test_unknown_extensions_are_left_aside_and_said() -> None:
    found = form(q("a", extension=[{"url": "http://example.org/fancy", "valueCode": "x"}]))
    assert found.notes == ("item a: extension http://example.org/fancy left aside",)
    query = {"language": "application/x-fhir-query", "expression": "Observation?code=1", "name": "obs"}
    found = form(
        q("a"),
        extension=[{"url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": query}],
    )
    assert found.notes == ("Questionnaire: variable obs asks a FHIR server; left empty",)


def test_a_form_has_bounds() -> None:
    assert any(
        "more than 2000 items" in what for _place, what in problems_of(*[q(f"i{n}") for n in range(2001)])
    )
    deep = q("i0")
    for n in range(1, 15):
        deep = q(f"i{n}", "group", item=[deep])
    assert any("nested more than" in what for _place, what in problems_of(deep))


def test_structure_is_sound_for_a_plain_form() -> None:
    assert check_structure(form(q("a"), q("b", "choice", answerOption=options("x")))) == []
    assert questionnaire(q("a"))["item"]
