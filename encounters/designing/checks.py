"""What stands between a draft and its being in force: what is wrong, what to think about, what differs from before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from encounters.designing import tree
from encounters.designing.elements import Json
from encounters.designing.exchange import SET_ASIDE, located
from encounters.designing.items import TYPES, section_of
from encounters.forms.engine import Form, InvalidQuestionnaire, Item, parse
from encounters.forms.engine.expressions import Expression

LONGEST_TITLE = 200


@dataclass(slots=True)
class Findings:
    """`problems` stop publishing, (place, what is wrong); `warnings` are answered for by who publishes."""

    problems: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is new, gone, or not what it was: `kind` is added, removed, changed or moved."""

    kind: str
    link_id: str
    label: str
    what: str = ""


def findings(resource: Json, *, before: Json | None = None) -> Findings:
    """What the engine refuses of the draft, and what to think about before it follows `before`."""
    found = Findings()
    if not str(resource.get("title") or "").strip():
        found.problems.append((_("Form"), _("The form has no title.")))
    if len(str(resource.get("title") or "")) > LONGEST_TITLE:
        found.problems.append((_("Form"), _("The title is longer than 200 letters.")))
    try:
        form = parse(resource)
    except InvalidQuestionnaire as refusal:
        found.problems += located(resource, refusal.problems)
        return found
    found.problems += located(resource, list(_asked_in_vain(form)))
    found.warnings += _nameless(form)
    found.warnings += _set_aside(resource)
    if before is not None:
        found.warnings += _lost(before, resource)
    return found


def _asked_in_vain(form: Form) -> Iterator[tuple[str, str]]:
    """Formulas and rules that ask fields which aren't in the form: they would never answer."""
    known = form.by_link_id
    for item in form.walk():
        for expression in _expressions(item):
            for missing in sorted(expression.link_ids() - known.keys()):
                yield (
                    f"item {item.link_id}",
                    _("Its formula asks %(field)s, which isn't in the form.") % {"field": missing},
                )
    for name, expression in form.variables:
        for missing in sorted(expression.link_ids() - known.keys()):
            yield name, _("Its formula asks %(field)s, which isn't in the form.") % {"field": missing}
    for constraint in form.constraints:
        for missing in sorted(constraint.expression.link_ids() - known.keys()):
            yield constraint.key, _("Its rule asks %(field)s, which isn't in the form.") % {"field": missing}


def _expressions(item: Item) -> list[Expression]:
    own = [item.calculated, item.initial_expression, item.enable_expression, item.rows_expression]
    ruled = [constraint.expression for constraint in item.constraints]
    return [one for one in [*own, *ruled, *(source for _name, source in item.variables)] if one is not None]


def _nameless(form: Form) -> list[str]:
    found = [item.link_id for item in form.walk() if item.is_question and not item.text and not item.hidden]
    return [_("Fields without words: %(fields)s.") % {"fields": ", ".join(found[:10])}] if found else []


def _set_aside(resource: Json) -> list[str]:
    count = sum(
        extension.get("url") == SET_ASIDE
        for element in [resource, *(place.item for place in tree.places(resource))]
        for extension in element.get("extension", [])
    )
    message = _(
        "%(n)d formulas of the file that it came from aren't understood here: nothing is computed there."
    )
    return [message % {"n": count}] if count else []


def _lost(before: Json, after: Json) -> list[str]:
    """What documents, lists and completeness may read of the version before, and won't find in this one."""
    old, new = _by_link(before), _by_link(after)
    found = []
    for link_id, item in old.items():
        label = str(item.get("text") or link_id)
        if link_id not in new:
            words = _("“%(label)s” (%(field)s) is gone: what reads it finds nothing in new documents.")
            if section := section_of(item):
                words = _("The place of “%(section)s” (%(field)s) is gone: its rows aren't shown or printed.")
                found.append(words % {"section": section, "field": link_id})
            else:
                found.append(words % {"label": label, "field": link_id})
        elif new[link_id].get("type") != item.get("type"):
            words = _("“%(label)s” (%(field)s) has another type: earlier answers aren't carried over.")
            found.append(words % {"label": label, "field": link_id})
        elif gone := _codes(item) - _codes(new[link_id]):
            words = _("“%(label)s” (%(field)s) has lost the choices %(codes)s.")
            found.append(words % {"label": label, "field": link_id, "codes": ", ".join(sorted(gone))})
    return found


def _by_link(resource: Json) -> dict[str, Json]:
    return {place.link_id: place.item for place in tree.places(resource)}


def _codes(item: Mapping[str, Any]) -> set[str]:
    codings = [option.get("valueCoding") for option in item.get("answerOption", [])]
    return {str(coding.get("code")) for coding in codings if coding}


# -- difference ----------------------------------------------------------------------------------------------------------


def differences(before: Json | None, after: Json) -> list[Difference]:
    """The fields that are new, gone, changed or standing elsewhere, in the order of the new form; the gone ones last."""
    old = {place.link_id: place for place in tree.places(before or {})}
    new = {place.link_id: place for place in tree.places(after)}
    found = []
    for link_id, place in new.items():
        label = str(place.item.get("text") or link_id)
        kind = str(TYPES.get(str(place.item.get("type")), ""))
        if link_id not in old:
            found.append(Difference("added", link_id, label, kind))
            continue
        was = old[link_id]
        if changed := _changed(was.item, place.item):
            found.append(Difference("changed", link_id, label, ", ".join(changed)))
        elif _around(was) != _around(place):
            found.append(Difference("moved", link_id, label))
    gone = [place for link_id, place in old.items() if link_id not in new]
    return found + [
        Difference("removed", place.link_id, str(place.item.get("text") or place.link_id)) for place in gone
    ]


def _around(place: tree.Place) -> str:
    return str(place.parent.get("linkId", "")) if place.parent is not None else ""


def _changed(old: Json, new: Json) -> list[str]:
    """The names of the properties that differ, as FHIR has them; what stands below is compared by itself."""

    def plain(item: Json, name: str) -> object:
        value = item.get(name)
        return [child for child in value or [] if tree.is_help(child)] if name == "item" else value

    names = sorted({name.removeprefix("_") for name in old.keys() | new.keys()})
    return [
        name
        for name in names
        if plain(old, name) != plain(new, name) or old.get(f"_{name}") != new.get(f"_{name}")
    ]
