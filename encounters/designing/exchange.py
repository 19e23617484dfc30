"""Questionnaires as files: read strictly from a stranger's hand, given out again with nothing lost."""

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from encounters.designing import tree
from encounters.designing.elements import Json
from encounters.forms.engine import InvalidQuestionnaire, parse
from encounters.forms.engine.vocabulary import CALCULATED, ENABLE_WHEN, INITIAL, POPULATION, VARIABLE

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 60
MAX_SHOWN: Final = 40
# An expression that isn't understood here may be set aside: it stays in the form, inside this, and leaves it on the way out.
SET_ASIDE: Final = "urn:benhanmo:questionnaire-set-aside"
_COMPUTED: Final = frozenset({CALCULATED, INITIAL, ENABLE_WHEN, POPULATION, VARIABLE})


class NotAForm(DomainError):
    """The file can't be taken in: `problems` are (place in the file, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__(_("The file is no form that can be used here."), code="not_a_form", field="file")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file holds: the form as it was written, and what is kept without effect (places and addresses)."""

    resource: Json
    notes: list[str] = field(default_factory=list)


def read_file(content: bytes, *, without_formulas: bool = False) -> Taken:
    """The FHIR R4 Questionnaire in a JSON file (UTF-8, at most 1 MB, 60 deep).

    `without_formulas`: expressions that aren't understood here are set aside in place of refusing the form. Raises
    NotAForm with every problem and where it stands.
    """
    resource = _json(content)
    if resource.get("resourceType") != "Questionnaire":
        raise NotAForm([("resourceType", _("The file is not a FHIR Questionnaire."))])
    notes = []
    if "status" not in resource:
        resource = {**resource, "status": "draft"}
        notes.append(_("The file doesn't say its status: it is taken as a draft."))
    try:
        form = parse(resource)
    except InvalidQuestionnaire as refusal:
        if not without_formulas:
            raise NotAForm(located(resource, refusal.problems)) from refusal
        resource, aside = set_aside(resource, {place for place, _what in refusal.problems})
        notes += aside
        try:
            form = parse(resource)
        except InvalidQuestionnaire as still:
            raise NotAForm(located(resource, still.problems)) from still
    return Taken(resource, notes + list(form.notes))


def _json(content: bytes) -> Json:
    if len(content) > MAX_BYTES:
        raise NotAForm([("", _("The file is larger than 1 MB."))])
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refused)
        if "\\u0000" in json.dumps(found, allow_nan=False, ensure_ascii=False).encode().decode():
            raise ValueError("a text holds the character 0")
    except (ValueError, RecursionError) as error:
        raise NotAForm([("", _("The file is not JSON: %(why)s") % {"why": str(error)[:200]})]) from error
    if not isinstance(found, dict):
        raise NotAForm([("", _("The file is not a FHIR Questionnaire."))])
    if _deeper(found, MAX_DEPTH):
        raise NotAForm([("", _("The file is nested more than %(n)d deep.") % {"n": MAX_DEPTH})])
    return found


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _deeper(whole: object, room: int) -> bool:
    """Whether lists and objects stand inside each other more than `room` times."""
    level: list[object] = [whole]
    while level and room >= 0:
        level = [
            part
            for one in level
            for part in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(part, dict | list)
        ]
        room -= 1
    return bool(level)


def located(resource: Mapping[str, Any], problems: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The engine's problems with the path to each item: `item 1 “Group” › item 3 “Weight” (29463-7)`."""
    paths = _paths(resource, ())
    return [(paths.get(place.removeprefix("item "), place), what) for place, what in problems]


def _paths(whole: Mapping[str, Any], above: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    listed = whole.get("item")
    for number, item in enumerate(listed if isinstance(listed, list) else [], start=1):
        if not isinstance(item, Mapping):
            continue
        link_id, words = str(item.get("linkId", "")), str(item.get("text", ""))[:MAX_SHOWN]
        path = (*above, f"{number} “{words}”" if words else str(number))
        found.setdefault(link_id, f"{' › '.join(path)} ({link_id})")
        found |= {name: where for name, where in _paths(item, path).items() if name not in found}
    return found


# -- formulas set aside --------------------------------------------------------------------------------------------------


def set_aside(resource: Json, among: set[str]) -> tuple[Json, list[str]]:
    """The form with the expressions of these places (`item X`, `Questionnaire`) set aside, and a note of each."""
    found, notes = copy.deepcopy(resource), []
    whole = [("Questionnaire", found)]
    whole += [(f"item {place.link_id}", place.item) for place in tree.places(found)]
    for place, element in whole:
        if place not in among:
            continue
        for number, extension in enumerate(element.get("extension", [])):
            if extension.get("url") in _COMPUTED:
                element["extension"][number] = {"url": SET_ASIDE, "extension": [extension]}
                name = str(extension["url"]).rpartition("-")[2].rpartition("/")[2]
                notes.append(f"{place}: {name} set aside")
    return found, notes


def restored(whole: Any) -> Any:
    """Any JSON with what was set aside back in its place."""
    if isinstance(whole, list):
        return [restored(part) for part in whole]
    if not isinstance(whole, Mapping):
        return whole
    if whole.get("url") == SET_ASIDE:
        return restored(whole["extension"][0])
    return {name: restored(part) for name, part in whole.items()}


def as_file(resource: Mapping[str, Any]) -> bytes:
    """The form as a JSON file, in the order in which it was written as far as the database keeps it."""
    return json.dumps(restored(resource), ensure_ascii=False, indent=2).encode() + b"\n"
