"""A drawing is lines of points and nothing else: what a page posts never becomes markup."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encounters.forms import paper
from encounters.forms.engine import InvalidQuestionnaire, parse, read_response, validate
from encounters.forms.engine.drawing import polylines, read_lines, write_lines
from tests.encounters.forms.factories import form, q, questionnaire, response

points = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
drawings = st.lists(st.lists(points, min_size=1, max_size=8), min_size=1, max_size=6)
DRAWING = "urn:benhanmo:questionnaire-drawing"


def drawn(background: str = "body", **more: Any) -> dict[str, Any]:
    return q("where", "text", extension=[{"url": DRAWING, "valueCode": background}], **more)


@given(drawings)
def test_what_is_written_is_read_again(lines: list[list[tuple[int, int]]]) -> None:
    assert read_lines(write_lines(lines)) == lines
    assert len(polylines(write_lines(lines))) == len(lines)


@given(st.text(max_size=60))
def test_other_text_is_no_drawing_and_draws_nothing_but_points(text: str) -> None:
    assert all(re.fullmatch(r"[0-9, ]+", line) for line in polylines(text))


@pytest.mark.parametrize(
    "text", ["", "1,2;", "1001,5", '1,2"/><script>', "1,2 3", "1, 2", "٣,4", "1,2\n", "1,2;" * 20_000 + "1,2"]
)
def test_it_is_refused(text: str) -> None:
    assert read_lines(text) is None
    if text.strip():
        found = validate(form(drawn()), response(where=text))
        assert "pattern" in {problem.code for problem in found}


def test_it_is_printed_over_its_background_with_its_lines_alone() -> None:
    answers, _problems = read_response(response(where="10,20 30,40;500,500"))
    html = paper.print_body(form(drawn()), answers)
    assert re.findall(r'points="([^"]+)"', html) == ["10,20 30,40", "500,500 501,500"]
    assert html.count("<circle") == 2
    bad, _problems = read_response(response(where='1,2"/><script>alert(1)</script>'))
    assert "script" not in paper.print_body(form(drawn("plain")), bad)


@pytest.mark.parametrize("item", [drawn("moon"), drawn(repeats=True), drawn() | {"type": "string"}])
def test_a_form_can_t_ask_for_other_drawings(item: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuestionnaire, match="a drawing is a text"):
        parse(questionnaire(item))
