"""Forms made of parts: SDC's modular questionnaires (hl7.org/fhir/uv/sdc/modular.html), put together as `$assemble` does."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from encounters.forms.engine.definition import InvalidQuestionnaire
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import (
    ASSEMBLE_EXPECTATION,
    ASSEMBLED_FROM,
    SUB_QUESTIONNAIRE,
    VARIABLE,
)

Resource = dict[str, Any]
_MAX_DEPTH = 4  # a part may be made of parts


def canonical_of(resource: Mapping[str, Any]) -> str:
    """`url|version`, as a form names its parts."""
    return f"{resource.get('url', '')}|{resource.get('version', '')}"


def assemble(resource: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> Resource:
    """The questionnaire with each display item that names a part replaced by the items of that part.

    `parts` are Questionnaires by `url|version`. The root's variables of a part become the form's, its contained value
    sets too; the parts used stand in `assembledFrom`. Raises InvalidQuestionnaire when a part is missing, when parts
    name each other in a circle, or when two parts give one variable or contained id different contents.
    """
    return _Assembly(parts).form(resource)


class _Assembly:
    def __init__(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        self.parts = parts
        self.used: dict[str, Mapping[str, Any]] = {}

    def form(self, resource: Mapping[str, Any]) -> Resource:
        items = self.items(resource.get("item", []), ())
        if not self.used:
            return dict(resource)
        found = {name: value for name, value in resource.items() if name != "item"}
        extensions = [e for e in resource.get("extension", []) if e.get("url") != ASSEMBLE_EXPECTATION]
        variables = _merged(
            _variables([*self.used.values(), resource]), lambda e: e["valueExpression"]["name"]
        )
        others = [e for e in extensions if e.get("url") != VARIABLE]
        sources = [{"url": ASSEMBLED_FROM, "valueCanonical": name} for name in self.used]
        found["extension"] = [*others, *variables, *sources]
        contained = [one for part in (*self.used.values(), resource) for one in part.get("contained", [])]
        if contained:
            found["contained"] = _merged(contained, lambda one: one.get("id", ""))
        return {**found, "item": items}

    def items(self, items: Iterable[Mapping[str, Any]], above: tuple[str, ...]) -> list[Resource]:
        found: list[Resource] = []
        for item in items:
            if name := _part_of(item):
                found += self.part(name, str(item.get("linkId")), above)
            elif "item" in item:
                found.append({**item, "item": self.items(item["item"], above)})
            else:
                found.append(dict(item))
        return found

    def part(self, name: str, link_id: str, above: tuple[str, ...]) -> list[Resource]:
        place = f"item {link_id}"
        if name in above or len(above) >= _MAX_DEPTH:
            raise InvalidQuestionnaire([(place, f"parts name each other: {' → '.join([*above, name])}")])
        part = self.parts.get(name)
        if part is None:
            raise InvalidQuestionnaire([(place, f"the part {name} is not known")])
        self.used.setdefault(name, part)
        return self.items(part.get("item", []), (*above, name))


def _part_of(item: Mapping[str, Any]) -> str:
    found = Extensions(item).value(SUB_QUESTIONNAIRE)
    return found if isinstance(found, str) else ""


def _variables(resources: Iterable[Mapping[str, Any]]) -> list[Resource]:
    return [e for resource in resources for e in resource.get("extension", []) if e.get("url") == VARIABLE]


def _merged(listed: Iterable[Resource], key: Callable[[Resource], str]) -> list[Resource]:
    """Each once; two of one name must be alike."""
    found: dict[str, Resource] = {}
    for one in listed:
        if found.setdefault(key(one), one) != one:
            raise InvalidQuestionnaire([(str(key(one)), "two parts give this name different contents")])
    return list(found.values())
