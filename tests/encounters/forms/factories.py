"""Small forms and random answers to them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from encounters.forms.engine import Answer, Coding, Entry, Form, Item, Quantity, Response, parse, typed
from encounters.forms.engine.responses import new_response

ICD = "http://hl7.org/fhir/sid/icd-10"
UNITS = [
    {"system": "http://unitsofmeasure.org", "code": "kg", "display": "kg"},
    {"system": "http://unitsofmeasure.org", "code": "g", "display": "g"},
]


def questionnaire(*items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A Questionnaire with these items."""
    return {
        "resourceType": "Questionnaire",
        "url": "urn:test:form",
        "version": "1",
        "name": "TEST",
        "title": "Test",
        "status": "active",
        "item": list(items),
        **more,
    }


def form(*items: Mapping[str, Any], **more: Any) -> Form:
    return parse(questionnaire(*items, **more))


def q(link_id: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": link_id.title(), **more}


def expression(url: str, source: str) -> dict[str, Any]:
    return {
        "url": f"http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-{url}",
        "valueExpression": {"language": "text/fhirpath", "expression": source},
    }


def options(*codes: str) -> list[dict[str, Any]]:
    return [{"valueCoding": {"system": "urn:test", "code": code, "display": code.upper()}} for code in codes]


def response(**answers: Any) -> dict[str, Any]:
    """A flat QuestionnaireResponse: name="An", weight=Decimal(60) …; a list is several answers."""
    items = []
    for link_id, values in answers.items():
        listed = values if isinstance(values, list) else [values]
        items.append({"linkId": link_id, "answer": [{_key(value): value} for value in listed]})
    return {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": items}


def _key(value: Any) -> str:
    kinds = {bool: "Boolean", int: "Integer", float: "Decimal", dict: "Coding"}
    return f"value{kinds.get(type(value), 'String')}"


# Every type, nested and repeating in all the ways that FHIR allows.
EVERYTHING = form(
    q("name", maxLength=20),
    q("story/é 1", "text", repeats=True),
    q("weight", "decimal"),
    q("count", "integer", repeats=True),
    q("fever", "boolean", item=[q("since", "date"), q("peaks", "dateTime", repeats=True)]),
    q("hour", "time"),
    q("site", "url"),
    q("result", "choice", answerOption=options("cured", "better", "worse")),
    q("habits", "choice", repeats=True, answerOption=options("tobacco", "alcohol")),
    q("state", "open-choice", answerOption=[*options("good"), {"valueString": "middling"}]),
    q(
        "grade",
        "choice",
        answerOption=[{"valueInteger": 1}, {"valueInteger": 2}, {"valueDate": "2026-01-01"}],
    ),
    q("diagnosis", "choice", answerValueSet=f"{ICD}?fhir_vs", repeats=True),
    q("cause", "open-choice", answerValueSet=f"{ICD}?fhir_vs"),
    q(
        "dose",
        "quantity",
        extension=[
            {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption", "valueCoding": unit}
            for unit in UNITS
        ],
    ),
    q(
        "stays",
        "group",
        repeats=True,
        item=[
            q("ward"),
            q("from", "dateTime"),
            q("beds", "group", item=[q("bed", repeats=True, item=[q("note")])]),
            q("visits", "group", repeats=True, item=[q("by"), q("at", "time", repeats=True)]),
        ],
    ),
    q("empty", "display"),
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=30).filter(
    str.strip
)
codes = st.from_regex(r"[A-Z][0-9]{2}(\.[0-9])?", fullmatch=True)
days = st.dates().map(lambda day: day.isoformat())
decimals = (
    st.decimals(-(10**6), 10**6, places=3).map(typed.tidy_decimal).filter(lambda number: number is not None)
)
clocks = st.times().map(lambda time: time.replace(microsecond=0).isoformat())
instants = st.one_of(
    days,
    st.builds(lambda day, time: f"{day}T{time}+07:00", days, clocks),
    st.builds(lambda day, time: f"{day}T{time}.25Z", days, clocks),
)
months = st.one_of(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4]))


def values(item: Item) -> st.SearchStrategy[tuple[str, Any]]:
    """Kinds and values that fit the item."""
    if item.options:
        chosen = st.sampled_from([(option.kind, option.value) for option in item.options])
        return (
            st.one_of(chosen, words.map(lambda text: ("String", text)))
            if item.type == "open-choice"
            else chosen
        )
    if item.value_set:
        coding = st.builds(Coding, codes, st.just(ICD), words, st.sampled_from(["", "2019"])).map(
            lambda c: ("Coding", c)
        )
        return (
            st.one_of(coding, words.map(lambda text: ("String", text)))
            if item.type == "open-choice"
            else coding
        )
    plain: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
        "decimal": ("Decimal", decimals),
        "integer": ("Integer", st.integers(-(10**9), 10**9)),
        "boolean": ("Boolean", st.booleans()),
        "date": ("Date", months),
        "dateTime": ("DateTime", instants),
        "time": ("Time", clocks),
        "url": ("Uri", words.filter(lambda text: " " not in text)),
        "quantity": (
            "Quantity",
            st.builds(
                Quantity, decimals, st.sampled_from([None, *item.units, Coding("[lb_av]", "urn:ü", "a|b")])
            ),
        ),
    }
    kind, strategy = plain.get(item.type, ("String", words))
    return strategy.map(lambda value: (kind, value))


@st.composite
def unreadable(draw: st.DrawFn, item: Item) -> str:
    """What somebody typed that is no value of the item's type."""
    return draw(words.map(lambda text: f"?{text}"))


@st.composite
def answers(draw: st.DrawFn, item: Item, *, sound: bool) -> Answer | None:
    if not draw(st.booleans()):
        return None
    takes_any_text = item.type in {"string", "text", "url", "open-choice"}
    if not sound and not takes_any_text and draw(st.integers(0, 3)) == 0:
        return Answer(typed=draw(unreadable(item)))
    kind, value = draw(values(item))
    if item.type == "open-choice" and kind == "String":
        value = f"{value}"
    return Answer(kind, value)


@st.composite
def entries(draw: st.DrawFn, items: tuple[Item, ...], *, sound: bool = False) -> list[Entry]:
    """Entries for some of the items; never an empty row, for a row without content is no row."""
    found: list[Entry] = []
    for item in items:
        times = draw(st.integers(0, 3)) if item.repeats else 1
        if item.type == "group":
            groups = [Entry(item.link_id, [], draw(entries(item.items, sound=sound))) for _ in range(times)]
            found += [group for group in groups if group.items]
        elif item.is_question:
            given: list[Answer] = []
            for _ in range(times):
                answer = draw(answers(item, sound=sound))
                below = draw(entries(item.items, sound=sound)) if item.items else []
                if answer or below:
                    answer = answer or Answer()
                    answer.items = below
                    given.append(answer)
            found += [Entry(item.link_id, given)] if given else []
    return found


@st.composite
def responses(draw: st.DrawFn, form: Form, *, sound: bool = False) -> Response:
    """Answers to a form; with `sound`, only values of the right types."""
    found = new_response(form)
    found.items = draw(entries(form.items, sound=sound))
    return found


__all__ = [
    "EVERYTHING",
    "Decimal",
    "expression",
    "form",
    "options",
    "q",
    "questionnaire",
    "response",
    "responses",
]
