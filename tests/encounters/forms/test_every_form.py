"""What holds for every form that ships, whatever is written on it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emr.terminology.models import CodeSystem, Concept
from encounters.documents.rendering import render_pdf
from encounters.forms import paper, screen, services
from encounters.forms.catalogue import short_name
from encounters.forms.engine import (
    Answer,
    Coding,
    Form,
    Item,
    Response,
    decode,
    encode,
    parse,
    read_response,
    validate,
    write_response,
)
from encounters.forms.engine.values import show_value
from encounters.forms.samples import CODES, NOW, filled, sound
from encounters.forms.shipped import assembled, shipped_files
from tests.emr.people import make_an
from tests.encounters.visits.ward import admit, department

RESOURCES = {path.stem: assembled(path) for path in shipped_files()}
FORMS = {name: parse(resource) for name, resource in RESOURCES.items()}
every_form = pytest.mark.parametrize("name", FORMS)
seeds = st.integers(0, 10**6)
lightly = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a seed of answers doesn't get simpler by being smaller
    suppress_health_check=[HealthCheck.too_slow],
)


@every_form
def test_a_form_is_there_once_with_version_code_and_words_in_both_languages(name: str) -> None:
    form = FORMS[name]
    assert form.version
    assert form.code.replace("/", "-") == name
    assert form.status == "active"
    assert form.notes == ()
    links = [item.link_id for item in form.walk()]
    assert len(links) == len(set(links))
    texts = [item.text for item in form.walk()] + [o.label for item in form.walk() for o in item.options]
    assert [text for text in texts if not (text.text and dict(text.translations).get("en"))] == []


def test_no_two_files_are_one_form() -> None:
    assert len({form.canonical for form in FORMS.values()}) == len(FORMS)
    assert len({form.code for form in FORMS.values()}) == len(FORMS)


@every_form
def test_a_form_survives_export_and_import(name: str) -> None:
    text = json.dumps(RESOURCES[name], ensure_ascii=False, allow_nan=False)
    assert parse(json.loads(text)) == FORMS[name]
    assert services.checksum(json.loads(text)) == services.checksum(RESOURCES[name])


@every_form
@lightly
@given(seeds, st.sampled_from([0.0, 0.4, 1.0]))
def test_whatever_is_written_may_be_frozen_and_comes_back(name: str, seed: int, share: float) -> None:
    form = FORMS[name]
    response = filled(form, seed=seed, share=share)
    rules = {rule.key for rule in form.constraints} | {
        rule.key for item in form.walk() for rule in item.constraints
    }
    # What contradicts itself across answers is refused by the form's own rules and by what it calculates (test_ward_forms).
    calculated = {item.link_id for item in form.walk() if item.calculated}
    broken = [
        (p.link_id, p.code)
        for p in validate(form, response, now=NOW)
        if p.code not in rules and p.link_id not in calculated
    ]
    assert broken == []
    stored = json.loads(json.dumps(write_response(response), allow_nan=False))
    assert read_response(stored) == (response, [])
    decoded = decode(form, encode(form, response))
    assert not decoded.unknown
    assert decoded.response == response


@every_form
def test_what_a_form_requires_is_missed(name: str) -> None:
    form = FORMS[name]
    full = filled(form)
    asked = {
        item.link_id for item in form.walk() if item.required and item.is_question and not item.calculated
    }
    answered = {link for link, _item, _answer in answers_of(form, full)}
    for link in sorted(asked & answered):
        lacking = Response(full.questionnaire, full.status, without(full.items, link))
        assert ("required", link) in {(p.code, p.link_id) for p in validate(form, lacking, now=NOW)}, link


@every_form
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_page_shows_every_question(name: str, language: str) -> None:
    form = FORMS[name]
    view = screen.form_view(form, filled(form), language=language, now=NOW)
    html = render_to_string("encounters/forms/_form.html", {"form": view})
    missing = [
        item.link_id
        for item in form.walk()
        if item.is_question and not item.hidden and screen.id_of(f"a/{item.link_id}") not in html
    ]
    assert missing == []


@every_form
def test_every_answer_is_found_on_paper(name: str, tmp_path: Path, need_tool: Any) -> None:
    form = FORMS[name]
    response = filled(form, seed=7)
    body = paper.print_body(form, response, now=NOW)
    page = f'<html lang="vi"><head><title>{name}</title></head><body>{body}</body></html>'
    file = tmp_path / "print.pdf"
    file.write_bytes(render_pdf(page, identifier=b"0123456789abcdef"))
    tool = need_tool("pdftotext", "poppler-utils")
    raw = subprocess.run([tool, "-raw", file, "-"], capture_output=True, text=True, check=True).stdout
    assert raw.count("\f") > 0
    text = squeezed(raw)
    lost = [
        (link, words)
        for link, item, answer in answers_of(form, response)
        if not item.drawing
        for words in [printed(item, answer)]
        if squeezed(words) not in text
    ]
    assert lost == []


@pytest.mark.django_db
@every_form
def test_a_form_is_frozen_in_the_database(name: str) -> None:
    questionnaire, _is_new = services.load_questionnaire(RESOURCES[name])
    form = FORMS[name]
    for item in form.walk():
        short = short_name(item.value_set.partition("?")[0])
        if item.value_set and short:
            code, display = CODES[item.value_set.partition("?")[0]]
            system, _ = CodeSystem.objects.get_or_create(code=short, defaults={"url": short, "title": short})
            Concept.objects.get_or_create(system=system, code=code, defaults={"display": display})
    an, stay = make_an(department()), admit()
    row = services.store_response(
        questionnaire=questionnaire,
        content=write_response(sound(form)),
        facility=stay.facility,
        patient=stay.patient,
        encounter=stay,
        author=an,
    )
    kept, problems = read_response(row.resource)
    assert problems == []
    assert kept.questionnaire == form.canonical


def answers_of(form: Form, response: Response) -> Iterator[tuple[str, Item, Answer]]:
    """Every answer that paper shows, with its item."""
    unseen = {
        below.link_id
        for item in form.walk()
        if item.paper.hidden or item.hidden or item.section
        for below in item.walk()
    }

    def walk(entries: list[Any]) -> Iterator[tuple[str, Item, Answer]]:
        for entry in entries:
            for answer in entry.answers:
                if entry.link_id not in unseen:
                    yield entry.link_id, form.by_link_id[entry.link_id], answer
                yield from walk(answer.items)
            yield from walk(entry.items)

    yield from walk(response.items)


def without(entries: list[Any], link: str) -> list[Any]:
    """The entries without any answer to one question."""
    return [
        type(entry)(entry.link_id, entry.answers, without(entry.items, link))
        for entry in entries
        if entry.link_id != link
    ]


def printed(item: Item, answer: Answer) -> str:  # noqa: PLR0911 - one for each way to print
    """What must stand on paper for an answer; of a choice and a tick, its words."""
    if item.options:
        return show_value(answer.value, answer.kind, language="vi") if answer.value is not None else ""
    if item.type == "boolean":
        return item.text.text if item.control == "check-box" else ""
    if isinstance(answer.value, Coding):
        if item.paper.boxes:
            return answer.value.code.replace(".", "")
        # The words of a diagnosis are the doctor's own; its code stands behind them.
        return answer.value.code if item.link_id.endswith(".code") else answer.value.display
    if item.type == "date" and item.paper.boxes:
        year, month, day = str(answer.value).split("-")
        return f"{day}{month}{year}"
    if item.type == "dateTime":
        return paper.clock_words(str(answer.value))
    return show_value(answer.value, answer.kind, language="vi") if answer.value is not None else ""


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()
