"""A form as a page and on paper: every item reachable, nothing inline, the same bytes for the same answers."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from django.utils.safestring import mark_safe

from encounters.forms import paper, screen
from encounters.forms.engine import (
    Form,
    calculate,
    decode,
    encode,
    initial_response,
    parse,
    read_response,
    validate,
)
from encounters.forms.models import Questionnaire
from encounters.forms.shipped import SHIPPED
from tests.emr.people import make_an
from tests.encounters.chart import load_forms
from tests.encounters.forms.factories import EVERYTHING, expression, form, options, q, response

NOW = "2026-11-22T09:30:00+07:00"
RECORD, ENTRY = (
    parse(json.loads((SHIPPED / f"{name}.json").read_text("utf-8"))) for name in ("01-BV1", "36-BV2")
)


class Page(HTMLParser):
    """What a browser would post, the labels, and whatever the content policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.named: list[dict[str, str]] = []
        self.inline: list[str] = []
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "label":
            self.labelled.add(found["for"])
        self.inline += [
            name for name in found if name == "style" or name.startswith("on") or name.startswith("hx-on")
        ]
        if tag in {"script", "style"}:
            self.inline.append(tag)
        name = found.get("name", "")
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden":
            self.named.append(found)
        if tag == "input" and not (found.get("type") in {"checkbox", "radio"} and "checked" not in found):
            self.fields.setdefault(name, []).append(found.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.fields.setdefault(self._select, []).append(found["value"])
        elif tag == "textarea":
            self._area = name

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields.setdefault(self._area, []).append(data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


def shown(found: Form, fields: dict[str, str] | None = None, *, language: str = "vi", **more: Any) -> Page:
    answers = decode(found, {name: [value] for name, value in (fields or {}).items()}).response
    view = screen.form_view(found, answers, language=language, now=NOW, **more)
    with translation.override(language):
        return Page(render_to_string("encounters/forms/_form.html", {"form": view}))


FIELDS = {
    "a/name/0": "An & Bình",
    "a/story%2F%C3%A9%201/0": "một\nhai",
    "a/weight/0": "sixty",
    "a/count/0": "1",
    "a/fever/0": "true",
    "a/since/0": "22/11/2026",
    "a/peaks/0": "22/11/2026 14:30",
    "a/result/0": "urn:test|better",
    "a/habits/1": "urn:test|alcohol",
    "a/state/0/other": "so-so",
    "a/grade/0": "2",
    "a/diagnosis/0": "J18.9",
    "a/diagnosis/0/chosen": "Viêm phổi",
    "a/diagnosis/0/shown": "Viêm phổi",
    "a/cause/0/shown": "sương muối",
    "a/dose/0": "5",
    "a/dose/0/unit": "http%3A%2F%2Funitsofmeasure.org|g|g",
    "a/ward/0.0": "Nội",
    "a/note/0.0.0": "",
    "a/bed/0.0": "5",
    "a/at/0.0.0": "08:00",
}


def test_a_page_posts_back_what_it_shows() -> None:
    before = decode(EVERYTHING, {name: [value] for name, value in FIELDS.items()}).response
    page = shown(EVERYTHING, FIELDS)
    after = decode(EVERYTHING, page.fields)
    assert not after.unknown
    assert encode(EVERYTHING, after.response) == encode(EVERYTHING, before)


@pytest.mark.parametrize("found", [RECORD, ENTRY, EVERYTHING], ids=["01/BV1", "36/BV2", "everything"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_field_has_a_name_for_those_who_can_t_see_and_nothing_is_inline(
    found: Form, language: str
) -> None:
    page = shown(found, language=language)
    assert [f for f in page.named if f.get("id") not in page.labelled and not f.get("aria-label")] == []
    assert len(page.ids) == len(set(page.ids))
    assert page.inline == []


def test_a_page_speaks_the_reader_s_language() -> None:
    for language, words in (("vi", "Diễn biến bệnh"), ("en", "Course of the illness")):
        view = screen.form_view(ENTRY, initial_response(ENTRY), language=language)
        assert words in render_to_string("encounters/forms/_form.html", {"form": view})


def test_problems_stand_at_their_fields_and_in_a_summary_that_leads_there() -> None:
    found = form(q("w", "decimal", required=True), q("g", "group", repeats=True, item=[q("n", "integer")]))
    answers = decode(found, {"a/n/0.0": ["x"]}).response
    view = screen.form_view(found, answers, language="en", problems=validate(found, answers))
    html = render_to_string("encounters/forms/_form.html", {"form": view})
    page = Page(html)
    targets = re.findall(r'class="alert-link[^"]*" href="#([^"]+)"', html)
    assert targets == ["a:w:0", "a:n:0.0"]
    assert set(targets) <= set(page.ids)
    wrong = [field for field in page.named if field.get("aria-invalid") == "true"]
    assert [field["aria-describedby"].split()[-1] for field in wrong] == ["a:w:0_error", "a:n:0.0_error"]
    assert {"a:w:0_error", "a:n:0.0_error"} <= set(page.ids)


def test_what_isn_t_asked_is_hidden_but_not_lost() -> None:
    found = form(
        q("dead", "boolean"),
        q("at", "date", enableWhen=[{"question": "dead", "operator": "=", "answerBoolean": True}]),
    )
    view = screen.form_view(found, decode(found, {"a/at/0": ["22/11/2026"]}).response, language="en")
    html = render_to_string("encounters/forms/_form.html", {"form": view})
    assert 'data-disabled="a:at"' in html
    assert re.search(r'data-item="a:at" data-enable="[^"]+" hidden', html)
    assert Page(html).fields["a/at/0"] == ["22/11/2026"]
    (condition,) = json.loads(view.items[1].conditions)["when"]
    assert condition == {"name": "a/dead/", "operator": "=", "value": "true"}
    assert view.items[0].is_live


def test_what_stands_in_a_hidden_group_comes_back_with_it() -> None:
    on = [{"question": "dead", "operator": "=", "answerBoolean": True}]
    rule = expression("enableWhenExpression", "%resource.item.where(linkId='dead').answer.value")
    found = form(
        q("dead", "boolean"), q("g", "group", enableWhen=on, item=[q("why")]), q("x", extension=[rule])
    )
    view = screen.form_view(found, decode(found, {}).response, language="en")
    html = render_to_string("encounters/forms/_form.html", {"form": view})
    hidden = re.findall(r'data-item="([^"]+)"[^>]* hidden>', html)
    assert hidden == ["a:g", "a:x"]  # not a:why, which has no conditions that could show it again
    assert len(re.findall("data-enable", html)) == 2


def test_a_row_asks_about_its_own_row_alone() -> None:
    on = [{"question": "kind", "operator": "exists", "answerBoolean": True}]
    found = form(q("g", "group", repeats=True, item=[q("kind"), q("which", enableWhen=on)]))
    view = screen.form_view(found, decode(found, {"a/kind/0.0": ["x"]}).response, language="en")
    asked = [json.loads(row.items[1].conditions)["when"][0]["name"] for row in view.items[0].rows]
    assert asked == ["a/kind/0.", "a/kind/1."]  # the second row is the empty one to type into


# -- paper ---------------------------------------------------------------------------------------------------------------


def test_paper_is_the_same_each_time_and_needs_no_styles_of_its_own() -> None:
    answers = initial_response(ENTRY, variables={"patient": {"full_name": "Trần Thị Bích"}}, now=NOW)
    one, two = (
        paper.print_body(ENTRY, answers, sections={"orders": "<p>Thuốc</p>"}, now=NOW) for _ in range(2)
    )
    assert one == two
    assert Page(one).inline == []
    assert "09 giờ 30 phút, ngày 22/11/2026" in one


def test_orders_come_from_their_own_room() -> None:
    parts = paper.print_parts(
        ENTRY, initial_response(ENTRY, now=NOW), sections={"orders": mark_safe("<p>Ceftriaxon</p>")}, now=NOW
    )
    assert set(parts) == {"when", "course", "orders"}
    unsafe = paper.print_body(ENTRY, initial_response(ENTRY), sections={"orders": "<u>x</u>"})
    assert "<u>" not in unsafe
    assert parts["orders"].strip() == "<p>Ceftriaxon</p>"
    assert "Ý kiến" not in parts["course"]  # nobody on the round said anything


def test_a_blank_record_prints_every_number_of_the_official_form() -> None:
    html = paper.print_body(RECORD, initial_response(RECORD), now=NOW)
    numbers = {int(one or other) for one, other in re.findall(r"<b>(\d+)\.</b>|<h3>(\d+)\.", html)}
    assert set(range(1, 30)) <= numbers
    assert "<h3>23. Ra viện</h3>" in html
    assert html.count("Ký hiệu") == 1


@pytest.mark.parametrize(
    ("item", "value", "boxes"),
    [
        (q("a", "integer"), 7, ["0", "7"]),
        (q("a", "integer"), None, [" ", " "]),
        (q("a", "date"), "1960-03-05", list("05031960")),
        (q("a", "date"), "1960", list("    1960")),
        (q("a"), "GD4", list("GD4")),
    ],
)
def test_digits_stand_in_boxes(item: dict[str, Any], value: Any, boxes: list[str]) -> None:
    hint = {"url": "boxes", "valueInteger": 2}
    found = form({**item, "extension": [{"url": "urn:benhanmo:questionnaire-print", "extension": [hint]}]})
    assert paper.boxes_for(found.by_link_id["a"], value) == boxes


def test_what_is_typed_is_never_markup() -> None:
    evil = "<script>alert(1)</script>\"'"
    found = form(q("a"), q("b", "text"), q("c", "open-choice", answerOption=options("x")), title=evil)
    answers = decode(found, {"a/a/0": [evil], "a/b/0": [evil], "a/c/0/other": [evil]}).response
    page = render_to_string(
        "encounters/forms/_form.html", {"form": screen.form_view(found, answers, language="en")}
    )
    for html in (page, paper.print_body(found, answers)):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


# -- the two addresses ---------------------------------------------------------------------------------------------------


@pytest.fixture
def record(client: Client) -> Questionnaire:
    load_forms()
    client.force_login(make_an())
    return Questionnaire.objects.get(code="01/BV1")


@pytest.mark.django_db
def test_the_server_says_what_is_calculated_and_what_is_asked(client: Client, record: Questionnaire) -> None:
    fields = {
        "a/case.exam.vitals.weight/0": "60",
        "a/case.exam.vitals.height/0": "155",
        "a/admin.payer/0": "urn:benhanmo:payer|MIEN",
    }
    html = client.post(f"/forms/{record.uuid}/state/", fields).content.decode()
    assert re.search(r'<output[^>]+id="a:case.exam.vitals.bmi:0" hx-swap-oob="true">\s*25\s', html)
    assert "a:admin.insurance " in html  # disabled: the patient pays nothing by card
    assert 'hx-swap-oob="true"' in html


@pytest.mark.django_db
def test_a_new_row_has_the_next_number(client: Client, record: Questionnaire) -> None:
    fields = {
        "forms.item": "stay.transfers",
        "forms.above": "",
        "a/stay.transfers.department/0.0": "Khoa Nội",
        "a/stay.transfers.department/4.0": "",
    }
    html = client.post(f"/forms/{record.uuid}/row/", fields).content.decode()
    assert 'name="a/stay.transfers.department/5.0"' in html
    for wrong in ({"forms.item": "stay"}, {"forms.item": "nothing"}, {"forms.above": "1"}):
        assert client.post(f"/forms/{record.uuid}/row/", {**fields, **wrong}).status_code == 404


@pytest.mark.django_db
def test_strangers_get_no_pieces_of_forms(client: Client, record: Questionnaire) -> None:
    client.logout()
    assert client.post(f"/forms/{record.uuid}/state/", {}).status_code in {302, 401, 403}
    assert calculate(RECORD, read_response(response())[0]).items == []
