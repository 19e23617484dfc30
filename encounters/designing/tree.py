"""A form's items as a tree to be worked on: found, added, moved, doubled, taken away. Pure: changes the JSON handed over."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.common.vietnamese import fold
from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import DISPLAY_CATEGORY, ITEM_CONTROL

Json = dict[str, Any]
_PLAIN = re.compile(r"[^a-z0-9]+")
_WORDS_OF_AN_ID = 4


@dataclass(frozen=True, slots=True)
class Place:
    """An item where it stands: `siblings[index]` is the item, `parent` the item around it (None: the form itself)."""

    item: Json
    siblings: list[Json]
    index: int
    parent: Json | None
    depth: int

    @property
    def link_id(self) -> str:
        return str(self.item.get("linkId", ""))


def is_help(item: Json) -> bool:
    """Words that explain the question around them: they are edited with it."""
    found = Extensions(item)
    return item.get("type") == "display" and "help" in {
        found.code(ITEM_CONTROL),
        found.code(DISPLAY_CATEGORY),
    }


def places(resource: Json) -> Iterator[Place]:
    """Every item in the order of the form, help left out."""
    yield from _below(resource, None, 0)


def _below(whole: Json, parent: Json | None, depth: int) -> Iterator[Place]:
    siblings: Any = whole.get("item")
    for index, item in enumerate(siblings if isinstance(siblings, list) else []):
        if isinstance(item, dict) and not is_help(item):
            yield Place(item, siblings, index, parent, depth)
            yield from _below(item, item, depth + 1)


def link_ids(whole: Json) -> list[str]:
    """The linkIds of all items below, help included."""
    return [
        found for item in whole.get("item") or [] for found in [str(item.get("linkId", "")), *link_ids(item)]
    ]


def place_of(resource: Json, link_id: str) -> Place:
    """Where the item stands; raises DomainError when there is none of that linkId."""
    found = next((place for place in places(resource) if place.link_id == link_id), None)
    if found is None:
        raise DomainError(_("This field isn't in the form any more."), code="no_item")
    return found


def fresh_link_id(resource: Json, words: str) -> str:
    """A linkId that the form doesn't have, from the first words of a label: `tien-su-di-ung`, `tien-su-di-ung-2`."""
    stem = "-".join(_PLAIN.sub(" ", fold(words)).split()[:_WORDS_OF_AN_ID]) or "field"
    taken, number, found = set(link_ids(resource)), 1, stem
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found


def add(resource: Json, item: Json, *, after: str = "", inside: str = "") -> None:
    """Put an item behind another one, as the last of a group, or (neither named) at the form's end."""
    if inside:
        place_of(resource, inside).item.setdefault("item", []).append(item)
    elif after:
        place = place_of(resource, after)
        place.siblings.insert(place.index + 1, item)
    else:
        resource.setdefault("item", []).append(item)


def remove(resource: Json, link_id: str) -> None:
    """Take an item away with all below it; raises DomainError while others are asked by what is answered there."""
    place = place_of(resource, link_id)
    gone = {link_id, *link_ids(place.item)}
    waiting = [
        str(other.item.get("text") or other.link_id)
        for other in places(resource)
        if other.link_id not in gone
        and any(condition.get("question") in gone for condition in other.item.get("enableWhen", []))
    ]
    if waiting:
        message = _("Other fields are asked by its answer: %(fields)s. Change them first.")
        raise DomainError(message % {"fields": "; ".join(waiting[:5])}, code="asked_by")
    del place.siblings[place.index]
    if place.parent is not None and not place.siblings:
        place.parent.pop("item", None)


def move(resource: Json, link_id: str, way: str) -> None:
    """`up` or `down` among its neighbours, `in` to the end of the group before it, `out` behind the item around it.

    Where there is no way nothing changes.
    """
    place = place_of(resource, link_id)
    if way in {"up", "down"}:
        step = -1 if way == "up" else 1
        other = place.index + step
        while 0 <= other < len(place.siblings) and is_help(place.siblings[other]):
            other += step
        if 0 <= other < len(place.siblings):
            place.siblings.insert(other, place.siblings.pop(place.index))
    elif way == "in" and place.index and place.siblings[place.index - 1].get("type") == "group":
        group = place.siblings[place.index - 1]
        group.setdefault("item", []).append(place.siblings.pop(place.index))
    elif way == "out" and place.parent is not None:
        around = place_of(resource, str(place.parent["linkId"]))
        around.siblings.insert(around.index + 1, place.siblings.pop(place.index))
        if not place.siblings:
            place.parent.pop("item", None)


def duplicate(resource: Json, link_id: str) -> str:
    """A copy of the item and all below it behind it, with linkIds of its own; answers the copy's linkId.

    Conditions among the copied items ask the copies.
    """
    place = place_of(resource, link_id)
    twin = copy.deepcopy(place.item)
    place.siblings.insert(place.index + 1, twin)
    names: dict[str, str] = {}
    taken = set(link_ids(resource))

    def rename(item: Json) -> None:
        old, number = str(item["linkId"]), 2
        stem = re.sub(r"-\d+$", "", old)
        while f"{stem}-{number}" in taken:
            number += 1
        item["linkId"] = names[old] = f"{stem}-{number}"
        taken.add(item["linkId"])
        for child in item.get("item", []):
            rename(child)

    def reconnect(item: Json) -> None:
        for condition in item.get("enableWhen", []):
            condition["question"] = names.get(condition.get("question"), condition.get("question"))
        for child in item.get("item", []):
            reconnect(child)

    rename(twin)
    reconnect(twin)
    return str(twin["linkId"])
