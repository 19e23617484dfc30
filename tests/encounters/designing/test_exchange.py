"""Questionnaires nobody here wrote: taken in, given out, nothing lost; what can't be honoured is named by its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.designing.exchange import MAX_BYTES, NotAForm, Taken, as_file, read_file
from encounters.forms.engine import parse
from encounters.forms.samples import filled

DATA = Path(__file__).parent / "data"
WHOLE = [
    "sdc-weight-height",
    "sdc-extract-template",
    "sdc-nested-groups",
    "android-mypain",
    "android-registration",
]
WITH_FORMULAS = ["sdc-phq9", "sdc-hunger"]


def raw(name: str) -> bytes:
    return (DATA / f"{name}.json").read_bytes()


def plain(name: str) -> Any:
    return json.loads(raw(name).decode("utf-8-sig"))


def given_out(taken: Taken) -> Any:
    return json.loads(as_file(taken.resource))


@pytest.mark.parametrize("name", WHOLE)
def test_what_came_in_goes_out_again(name: str) -> None:
    taken = read_file(raw(name))
    assert given_out(taken) == plain(name)
    assert given_out(read_file(as_file(taken.resource))) == plain(name), "and a second time"


def test_extensions_that_nobody_here_knows_are_kept_and_told() -> None:
    taken = read_file(raw("android-mypain"))
    assert len(taken.notes) > 20
    assert any("left aside" in note for note in taken.notes)


@pytest.mark.parametrize("name", WITH_FORMULAS)
def test_formulas_beyond_ours_are_refused_with_their_place_or_set_aside_and_still_go_out(name: str) -> None:
    with pytest.raises(NotAForm) as refusal:
        read_file(raw(name))
    assert all(place and "unknown function" in what for place, what in refusal.value.problems)
    taken = read_file(raw(name), without_formulas=True)
    assert given_out(taken) == plain(name)
    assert any("set aside" in note for note in taken.notes)
    form = parse(taken.resource)
    asked = {name for name, _source in form.variables}
    for item in form.walk():
        if item.calculated and item.calculated.variables() - asked - {"resource", "context"}:
            answers = [entry for entry in filled(form).items if entry.link_id == item.link_id]
            assert answers == [], "nothing is computed from what isn't understood"


def test_a_type_that_isnt_there_is_refused_with_its_path() -> None:
    with pytest.raises(NotAForm) as refusal:
        read_file(raw("sdc-all-types"), without_formulas=True)
    ((place, what),) = refusal.value.problems
    assert what == "type attachment is not supported"
    assert place.endswith("(id-attachment)")
    assert "›" in place or "“" in place


def test_a_condition_that_can_never_be_compared_is_refused_where_it_stands() -> None:
    with pytest.raises(NotAForm) as refusal:
        read_file(raw("sdc-enable-when"))
    assert [what for _place, what in refusal.value.problems] == [
        "enableWhen compares s3-radio (choice) with a Decimal"
    ] * 2
    assert all(place.startswith("3 “Scenario 3") for place, _what in refusal.value.problems)


def test_a_file_without_a_status_is_a_draft_and_says_so() -> None:
    taken = read_file(raw("android-skip-logic"))
    assert given_out(taken) == plain("android-skip-logic") | {"status": "draft"}
    assert len(taken.notes) >= 1


def test_what_stands_in_a_nested_item_is_named_by_the_way_to_it() -> None:
    inner = {"linkId": "x", "type": "reference", "text": "Người giám hộ"}
    form = {
        "resourceType": "Questionnaire",
        "status": "draft",
        "item": [{"linkId": "g", "type": "group", "text": "Thân nhân", "item": [inner]}],
    }
    with pytest.raises(NotAForm) as refusal:
        read_file(json.dumps(form).encode())
    assert (
        "1 “Thân nhân” › 1 “Người giám hộ” (x)",
        "type reference is not supported",
    ) in refusal.value.problems


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"resourceType":"Patient"}',
        b'{"resourceType":"Questionnaire","resourceType":"Questionnaire"}',
        b'{"resourceType":"Questionnaire","status":"draft","item":7}',
        b'{"resourceType":"Questionnaire","status":"draft","title":"\\u0000","item":[{"linkId":"a","type":"string"}]}',
        b'{"resourceType":"Questionnaire","status":"draft","title":"\\ud800","item":[{"linkId":"a","type":"string"}]}',
        b'{"resourceType":"Questionnaire","x":NaN}',
        b'{"resourceType":"Questionnaire","x":1e999}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b" " * (MAX_BYTES + 1),
    ],
    ids=range(14),
)
def test_a_strangers_file_that_is_no_form_is_refused(content: bytes) -> None:
    for without_formulas in (False, True):
        with pytest.raises(NotAForm):
            read_file(content, without_formulas=without_formulas)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["item", "linkId", "type", "text", "extension", "url", "status", "enableWhen", "code"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON, st.booleans())
def test_no_file_whatever_breaks_the_reading(inside: Any, without_formulas: bool) -> None:
    form = {"resourceType": "Questionnaire", "status": "draft", "item": inside}
    try:
        taken = read_file(json.dumps(form).encode(), without_formulas=without_formulas)
    except NotAForm:
        return
    assert given_out(taken) == form
