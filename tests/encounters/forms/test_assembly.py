"""Forms made of parts: SDC's modular questionnaires put together."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encounters.forms.engine import InvalidQuestionnaire, assemble, canonical_of, parse
from encounters.forms.engine.vocabulary import (
    ASSEMBLE_EXPECTATION,
    ASSEMBLED_FROM,
    SUB_QUESTIONNAIRE,
    VARIABLE,
)
from encounters.forms.shipped import SHIPPED, assembled, read, shipped_files, shipped_parts
from tests.encounters.forms.factories import q, questionnaire


def named(name: str, *items: Any, **more: Any) -> dict[str, Any]:
    return questionnaire(*items, url=f"urn:test:{name}", **more)


def uses(name: str) -> dict[str, Any]:
    return q(
        f"uses-{name}",
        "display",
        extension=[{"url": SUB_QUESTIONNAIRE, "valueCanonical": f"urn:test:{name}|1"}],
    )


def variable(name: str, expression: str) -> dict[str, Any]:
    return {
        "url": VARIABLE,
        "valueExpression": {"name": name, "language": "text/fhirpath", "expression": expression},
    }


def by_name(*parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {canonical_of(part): part for part in parts}


def test_a_part_s_items_stand_in_place_of_the_item_that_names_it() -> None:
    inner = named("inner", q("c"), extension=[variable("x", "1")])
    part = named("part", q("b"), uses("inner"))
    root = named("root", q("a"), q("g", "group", item=[uses("part"), q("d")]), extension=[variable("y", "2")])
    found = assemble(root, by_name(part, inner))
    assert [item["linkId"] for item in found["item"]] == ["a", "g"]
    assert [item["linkId"] for item in found["item"][1]["item"]] == ["b", "c", "d"]
    form = parse(found)
    assert [name for name, _expression in form.variables] == ["x", "y"]
    sources = [e["valueCanonical"] for e in found["extension"] if e["url"] == ASSEMBLED_FROM]
    assert sources == ["urn:test:part|1", "urn:test:inner|1"]
    assert form.notes == ()


def test_what_has_no_parts_stays_as_it_is() -> None:
    plain = named("plain", q("a"), q("g", "group", item=[q("b")]))
    assert assemble(plain, {}) == plain


def test_a_form_isn_t_shown_with_its_parts_missing() -> None:
    root = named("root", uses("part"))
    with pytest.raises(InvalidQuestionnaire, match="put together"):
        parse(root)
    with pytest.raises(InvalidQuestionnaire, match=r"urn:test:part\|1 is not known"):
        assemble(root, {})
    circle = named("part", uses("part"))
    with pytest.raises(InvalidQuestionnaire, match="name each other"):
        assemble(root, by_name(circle))
    other = named("other", q("z"), extension=[variable("x", "2")])
    part = named("part", q("b"), extension=[variable("x", "1")])
    with pytest.raises(InvalidQuestionnaire, match="different contents"):
        assemble(named("root", uses("part"), uses("other")), by_name(part, other))


def test_a_part_used_twice_is_refused_by_the_form() -> None:
    with pytest.raises(InvalidQuestionnaire, match="more than once"):
        parse(assemble(named("root", uses("part"), uses("part")), by_name(named("part", q("b")))))


trees = st.recursive(
    st.just(["leaf"]),
    lambda below: st.lists(below, min_size=1, max_size=3).map(lambda b: ["part", *b]),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(trees)
def test_parts_of_parts_give_what_was_written_whole(tree: list[Any]) -> None:
    """However a form is cut into parts (three deep), put together it has the same questions in the same order."""
    parts: dict[str, dict[str, Any]] = {}
    count = iter(range(1000))

    def cut(node: list[Any], depth: int) -> tuple[list[dict[str, Any]], list[str]]:
        if node == ["leaf"]:
            link = f"q{next(count)}"
            return [q(link)], [link]
        below = [cut(child, depth + 1) for child in node[1:]]
        items = [item for some, _links in below for item in some]
        links = [link for _some, some in below for link in some]
        if depth > 3:
            return items, links
        name = f"p{next(count)}"
        parts[f"urn:test:{name}|1"] = named(name, *items)
        return [uses(name)], links

    items, links = cut(tree, 0)
    form = parse(assemble(named("root", *items), parts))
    assert [item.link_id for item in form.walk()] == links


def test_the_shared_parts_say_what_the_record_of_internal_medicine_says() -> None:
    """01/BV1 is shipped whole, as it was before there were parts: neither may drift from the other."""
    whole: dict[str, Any] = {}

    def walk(items: list[dict[str, Any]]) -> None:
        for item in items:
            whole[item["linkId"]] = item
            walk(item.get("item", []))

    walk(read(SHIPPED / "01-BV1.json")["item"])
    for part in shipped_parts().values():
        assert {"url": ASSEMBLE_EXPECTATION, "valueCode": "assemble-child"} in part["extension"]
        for item in part["item"]:
            assert item == whole[item["linkId"]], item["linkId"]


def test_no_part_is_left_over_and_what_is_exported_is_whole() -> None:
    used = set()
    for path in shipped_files():
        text = json.dumps(assembled(path))
        assert SUB_QUESTIONNAIRE not in text
        used |= {name for name in shipped_parts() if name in text}
    assert used == set(shipped_parts())
