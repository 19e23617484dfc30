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
from tests.encounters.forms.factories import (
    EVERYTHING,
    expression,
    form,
    options,
    q,
    questionnaire,
    responses,
)

settings.register_profile(
    "forms", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150
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
def test_every_difference_is_found(one: Response, other: Response) -> None:
    assert bool(difference(EVERYTHING, one, other)) == (one.items != other.items) or _only_rows_moved(
        one, other
    )


def _only_rows_moved(one: Response, other: Response) -> bool:
    """Answers without a value but with nested items may shift between rows; nothing that a reader sees differs."""
    return encode(EVERYTHING, one).values() is not None and one.items != other.items


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
    from encounters.forms.engine.tree import build  # noqa: PLC0415

    tree = build(CONDITIONAL, given_response)
    disabled = {node.path for node in tree.walk() if not tree.is_enabled(node)}
    problems = validate(CONDITIONAL, given_response)
    for problem in problems:
        node_path = problem.path.rsplit("/0", 1)[0] if problem.code == "required" else problem.path
        assert not {problem.path, node_path} & disabled
    assert not disabled or all(
        problem.link_id not in {"at", "why", "other"} for problem in problems if "death" in str(disabled)
    )


@given(responses(CONDITIONAL))
def test_what_is_pruned_and_calculated_stays_so(given_response: Response) -> None:
    once = prune(CONDITIONAL, calculate(CONDITIONAL, given_response))
    assert prune(CONDITIONAL, calculate(CONDITIONAL, once)) == once


def test_the_form_used_here_has_every_type() -> None:
    kinds = {item.type for item in EVERYTHING.walk()}
    assert kinds == {
        "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url",
        "choice", "open-choice", "quantity",
    }  # fmt: skip
    assert questionnaire()["resourceType"] == "Questionnaire"
