"""Answers: a QuestionnaireResponse as a small tree, and its FHIR JSON.

What could not be read as a value stays as it was typed: an answer without value[x] but with the extension
urn:benhanmo:typed, which FHIR allows. So a draft loses nothing, and a finished response has none of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from encounters.forms.engine.definition import Form, Value
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.values import find_choice, is_known_kind, read_value, write_value
from encounters.forms.engine.vocabulary import TYPED

MAX_DEPTH = 40


@dataclass(slots=True)
class Answer:
    """One answer: a value of FHIR kind `kind`, or `typed` text that is no such value; `items` answer nested questions."""

    kind: str = ""
    value: Value | None = None
    typed: str = ""
    items: list["Entry"] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.value is None and not self.typed


@dataclass(slots=True)
class Entry:
    """One item of a response: a group with `items`, or a question with `answers`. A repeating group has several."""

    link_id: str
    answers: list[Answer] = field(default_factory=list)
    items: list["Entry"] = field(default_factory=list)


@dataclass(slots=True)
class Response:
    """All answers to one form."""

    questionnaire: str = ""
    status: str = "in-progress"
    items: list[Entry] = field(default_factory=list)


def read_response(resource: object) -> tuple[Response, list[str]]:
    """The answers of a QuestionnaireResponse (parsed JSON) and what of it could not be understood; never raises."""
    reader = _Reader()
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "QuestionnaireResponse":
        return Response(), ["not a QuestionnaireResponse"]
    response = Response(
        questionnaire=str(resource.get("questionnaire", "")),
        status=str(resource.get("status", "in-progress")),
        items=reader.entries(resource, 0),
    )
    return response, reader.problems


class _Reader:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def entries(self, parent: Mapping[str, Any], depth: int) -> list[Entry]:
        found = []
        for raw in self.listed(parent, "item"):
            link_id = raw.get("linkId")
            if not isinstance(link_id, str) or depth > MAX_DEPTH:
                self.problems.append("an item without linkId, or nested too deeply")
                continue
            answers = [self.answer(part, link_id, depth) for part in self.listed(raw, "answer")]
            found.append(Entry(link_id, answers, self.entries(raw, depth + 1)))
        return found

    def answer(self, raw: Mapping[str, Any], link_id: str, depth: int) -> Answer:
        answer = Answer(items=self.entries(raw, depth + 1))
        typed = Extensions(raw).value(TYPED)
        if isinstance(typed, str):
            answer.typed = typed
        choice = find_choice(raw, "value")
        if choice:
            value = read_value(*choice)
            if value is None or not is_known_kind(choice[0]):
                self.problems.append(f"{link_id}: an answer that is no {choice[0]}")
            else:
                answer.kind, answer.value, answer.typed = choice[0], value, ""
        elif any(str(key).startswith("value") for key in raw):
            self.problems.append(f"{link_id}: an answer with more than one value")
        return answer

    def listed(self, raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        found = raw.get(name, [])
        if isinstance(found, list) and all(isinstance(part, Mapping) for part in found):
            return found
        self.problems.append(f"{name} is not a list of objects")
        return []


def write_response(response: Response) -> dict[str, Any]:
    """The FHIR JSON of the answers; the caller adds subject, author and the time."""
    found: dict[str, Any] = {"resourceType": "QuestionnaireResponse"}
    if response.questionnaire:
        found["questionnaire"] = response.questionnaire
    found["status"] = response.status
    if items := write_entries(response.items):
        found["item"] = items
    return found


def write_entries(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [_write_entry(entry) for entry in entries]


def _write_entry(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"linkId": entry.link_id}
    if entry.answers:
        found["answer"] = [_write_answer(answer) for answer in entry.answers]
    if entry.items:
        found["item"] = write_entries(entry.items)
    return found


def _write_answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if answer.value is not None:
        found[f"value{answer.kind}"] = write_value(answer.value)
    elif answer.typed:
        found["extension"] = [{"url": TYPED, "valueString": answer.typed}]
    if answer.items:
        found["item"] = write_entries(answer.items)
    return found


def new_response(form: Form) -> Response:
    """No answers yet."""
    return Response(questionnaire=form.canonical)
