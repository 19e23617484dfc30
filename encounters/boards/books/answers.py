"""What a form's answers say, as text: FHIR QuestionnaireResponse as it is kept, read once for many questions."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def texts_of(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """{linkId: its answers in words, in their order}; rows of a table follow each other."""
    found: dict[str, list[str]] = {}
    _walk(content.get("item", []), found)
    return found


def said(texts: Mapping[str, list[str]], *links: str) -> str:
    """The answers of these questions, one after another."""
    return "; ".join(text for link in links for text in texts.get(link, []) if text)


def _walk(items: Iterable[Mapping[str, Any]], found: dict[str, list[str]]) -> None:
    for item in items:
        for answer in item.get("answer", []):
            found.setdefault(item.get("linkId", ""), []).append(_words(answer))
            _walk(answer.get("item", []), found)
        _walk(item.get("item", []), found)


def _words(answer: Mapping[str, Any]) -> str:
    kind = next((key for key in answer if key.startswith("value")), "")
    value: Any = answer.get(kind, "")
    if kind == "valueCoding":
        display, code = str(value.get("display", "")), str(value.get("code", ""))
        return display or code
    if kind == "valueDateTime":
        at = parse_datetime(str(value))
        return _moment(at) if at is not None else str(value)
    if kind == "valueBoolean":
        return "x" if value else ""
    return str(value)


def _moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at) if timezone.is_aware(at) else at:%H:%M %d/%m/%Y}"
