"""Pieces of a resource's JSON, read strictly."""

from collections.abc import Mapping, Sequence
from typing import Any

from encounters.forms.engine.definition import Text
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import SUB_QUESTIONNAIRE


class Reader:
    """Collects every problem, so that whoever wrote the form mends it in one go."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def refuse(self, place: str, what: str) -> None:
        self.problems.append((place, what))

    def known_properties(self, raw: Mapping[str, Any], known: frozenset[str], place: str) -> None:
        for name in raw:
            if str(name).removeprefix("_") not in known:
                self.refuse(place, f"unknown property {name}")
        if raw.get("modifierExtension"):
            self.refuse(place, "modifier extensions change the meaning in ways not understood here")

    def extensions(self, raw: Mapping[str, Any], place: str, known: frozenset[str]) -> Extensions:
        found = Extensions(raw)
        if SUB_QUESTIONNAIRE in found.urls():
            self.refuse(place, "names a part of the form; parts are put together first ($assemble)")
        self.notes += [f"{place}: extension {url} left aside" for url in found.urls() if url not in known]
        return found

    def children(self, raw: Mapping[str, Any], name: str, place: str) -> Sequence[Mapping[str, Any]]:
        found = raw.get(name, [])
        if not isinstance(found, list) or not all(isinstance(part, Mapping) for part in found):
            self.refuse(place, f"{name} must be a list of objects")
            return []
        return found

    def text(self, raw: Mapping[str, Any], name: str, place: str) -> Text:
        return Text(self.text_of(raw, name, place), Extensions(raw.get(f"_{name}")).translations())

    def text_of(self, raw: Mapping[str, Any], name: str, place: str) -> str:
        found = raw.get(name, "")
        if not isinstance(found, str):
            self.refuse(place, f"{name} must be text")
            return ""
        return found

    def flag(self, raw: Mapping[str, Any], name: str, place: str) -> bool:
        found = raw.get(name, False)
        if not isinstance(found, bool):
            self.refuse(place, f"{name} must be true or false")
            return False
        return found

    def size(self, found: object, name: str, place: str) -> int | None:
        if found is None or (isinstance(found, int) and not isinstance(found, bool) and found >= 0):
            return found
        self.refuse(place, f"{name} must be a whole number")
        return None
