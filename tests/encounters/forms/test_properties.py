"""What holds for any form and any answers."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encounters.forms.engine import (
    InvalidQuestionnaire,
    Response,
    calculate,
    decode,
    difference,
    encode,
    parse,
    prune,
    read_response,
    validate,
    write_response,
)
from encounters.forms.engine.tree import build
from encounters.forms.engine.vocabulary import ITEM_TYPES
from tests.encounters.forms.factories import (
    EVERYTHING,
    expression,
    form,
    options,
    q,
    responses,
)

settings.register_profile(
    "forms", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.load_profile("forms")

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
# JSON that nearly is a response: the right keys with anything under them.
keys = st.sampled_from(
    ["linkId", "answer", "item", "valueString", "valueInteger", "valueCoding", "extension", "text"]
)
leaves = json_values | st.sampled_from([item.link_id for item in EVERYTHING.walk()])
garbled = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)


@given(responses(EVERYTHING))
def test_a_posted_page_gives_back_the_very_answers_it_was_made_from(given_response: Response) -> None:
    decoded = decode(EVERYTHING, encode(EVERYTHING, given_response))
    assert not decoded.unknown
    assert decoded.response == given_response


@given(responses(EVERYTHING))
def test_answers_survive_json(given_response: Response) -> None:
    stored = json.loads(json.dumps(write_response(given_response), allow_nan=False))
    assert read_response(stored) == (given_response, [])


@given(garbled)
def test_validation_never_raises_whatever_it_is_given(items: Any) -> None:
    resource = {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": items}
    validate(EVERYTHING, resource)
    validate(EVERYTHING, items)
    response, _problems = read_response(resource)
    prune(EVERYTHING, response)
    encode(EVERYTHING, response)
    difference(EVERYTHING, response, Response())


@given(
    st.dictionaries(
        st.text(max_size=20) | st.from_regex(r"a/[a-z%0-9]{1,8}/[0-9.]{1,6}(/[a-z]{1,6})?"),
        st.lists(st.text()),
    )
)
def test_decoding_never_raises_whatever_is_posted(fields: dict[str, list[str]]) -> None:
    decode(EVERYTHING, fields)


@given(json_values | st.fixed_dictionaries({"resourceType": st.just("Questionnaire"), "item": garbled}))
def test_anything_is_parsed_or_refused_in_words(resource: Any) -> None:
    try:
        parse(resource)
    except InvalidQuestionnaire as refusal:
        assert refusal.problems


@given(responses(EVERYTHING, sound=True))
def test_sound_answers_have_nothing_wrong_but_their_length_and_number(given_response: Response) -> None:
    found = {problem.code for problem in validate(EVERYTHING, given_response)}
    assert found <= {"too-long", "pattern"}


@given(responses(EVERYTHING))
def test_a_response_doesn_t_differ_from_itself(given_response: Response) -> None:
    assert difference(EVERYTHING, given_response, given_response) == []


@given(responses(EVERYTHING), responses(EVERYTHING))
def test_where_no_difference_is_told_a_reader_sees_the_same(one: Response, other: Response) -> None:
    if not difference(EVERYTHING, one, other):
        assert sorted(encode(EVERYTHING, one).values()) == sorted(encode(EVERYTHING, other).values())


CONDITIONAL = form(
    q("dead", "boolean"),
    q(
        "death",
        "group",
        enableWhen=[{"question": "dead", "operator": "=", "answerBoolean": True}],
        item=[
            q("at", "dateTime", required=True),
            q("why", "choice", required=True, answerOption=options("disease", "other")),
            q(
                "other",
                required=True,
                enableWhen=[
                    {
                        "question": "why",
                        "operator": "=",
                        "answerCoding": {"system": "urn:test", "code": "other"},
                    }
                ],
            ),
            q(
                "rows",
                "group",
                repeats=True,
                item=[
                    q("kind", "integer"),
                    q(
                        "deep",
                        required=True,
                        enableWhen=[{"question": "kind", "operator": ">", "answerInteger": 0}],
                    ),
                ],
            ),
        ],
    ),
    q(
        "sum",
        "integer",
        extension=[
            expression(
                "calculatedExpression", "%resource.descendants().where(linkId='kind').answer.value.sum()"
            )
        ],
    ),
)


@given(responses(CONDITIONAL, sound=True))
def test_a_disabled_item_never_blocks(given_response: Response) -> None:
    tree = build(CONDITIONAL, given_response)
    disabled = {
        path for node in tree.walk() if not tree.is_enabled(node) for path in (node.path, node.answer_path(0))
    }
    assert not disabled & {problem.path for problem in validate(CONDITIONAL, given_response)}
    # What is pruned of disabled answers is judged the same.
    assert [p.code for p in validate(CONDITIONAL, prune(CONDITIONAL, given_response))] == [
        p.code for p in validate(CONDITIONAL, given_response)
    ]


@given(responses(CONDITIONAL))
def test_what_is_pruned_and_calculated_stays_so(given_response: Response) -> None:
    once = prune(CONDITIONAL, calculate(CONDITIONAL, given_response))
    assert prune(CONDITIONAL, calculate(CONDITIONAL, once)) == once


def test_the_form_used_here_has_every_type() -> None:
    assert {item.type for item in EVERYTHING.walk()} == ITEM_TYPES
