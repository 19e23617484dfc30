"""What records are asked for, as data: the delivered rules, and what a facility made of them from a day on.

A rule is an entry of `rules.json`, or the content of a `RuleVersion`:

    {"code": "daily-entry", "kind": "day_form", "parameters": {"codes": ["36/BV2"]}, "record_types": ["*"],
     "classes": ["IMP"], "when": ["ended"], "blocks": true, "overridable": true, "owner": "attending", "is_on": true,
     "begins_on": "2026-01-01", "words": {"vi": "Ngày $day: chưa có $form", "en": "$day: no $form"}}

Which version of a code holds for a stay is decided by the day on which it ended (today, while it runs): of a facility's
versions that had begun by then the one that began last; where it has none, the delivered one.
"""

import datetime as dt
import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from encounters.completeness.models import RuleVersion

EVERY = "*"
_PLACES = re.compile(r"\$(day|form|what)\b")
_PLAIN = ("kind", "words", "parameters", "blocks", "overridable", "owner", "is_on")
# Whose it is to put right; a role where no single person is known.
OWNERS: dict[str, tuple[StrOrPromise, str]] = {
    "attending": (_("Attending doctor"), "head_of_department"),
    "author": (_("Who wrote it"), "head_of_department"),
    "nurse": (_("Responsible nurse"), "head_nurse"),
    "head": (_("Head of department"), "head_of_department"),
    "planning": (_("Planning office"), "planning"),
}
# Of which stays a rule asks; all of them must hold.
CONDITIONS: dict[str, StrOrPromise] = {
    "ended": _("once the patient has left"),
    "died": _("of patients who died"),
    "alive": _("of patients who left alive"),
    "transferred": _("of patients sent to another hospital"),
    "on-request": _("of patients who left on request"),
    "surgery": _("of patients who were operated on"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule in one version. `number` 0 is a delivered one."""

    code: str
    kind: str
    words: Mapping[str, str]
    begins_on: dt.date
    parameters: Mapping[str, Any] = field(default_factory=dict)
    record_types: tuple[str, ...] = (EVERY,)
    classes: tuple[str, ...] = ("IMP",)
    when: tuple[str, ...] = ()
    blocks: bool = True
    overridable: bool = True
    owner: str = "attending"
    is_on: bool = True
    number: int = 0

    def in_words(self, **told: str) -> str:
        """The rule's sentence in the present language with what was found put in."""
        language = (get_language() or "vi").split("-", maxsplit=1)[0]
        sentence = self.words.get(language) or self.words["vi"]
        return _PLACES.sub(lambda found: told.get(found[1], found[0]), sentence)

    @property
    def title(self) -> str:
        """The sentence without anything put in: "…" where something will stand."""
        return self.in_words(day="…", form="…", what="…")

    def is_for(self, record_type: str, encounter_class: str) -> bool:
        """Whether it asks anything of such a stay."""
        of_type = EVERY in self.record_types or record_type in self.record_types
        return self.is_on and of_type and encounter_class in self.classes

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "record_types": list(self.record_types),
            "classes": list(self.classes),
            "when": list(self.when),
            "blocks": self.blocks,
            "overridable": self.overridable,
            "owner": self.owner,
            "is_on": self.is_on,
            "words": dict(self.words),
        }


def read_rule(
    code: str, content: Mapping[str, Any], *, begins_on: dt.date | None = None, number: int = 0
) -> Rule:
    """A rule out of its JSON. Raises KeyError, TypeError or ValueError for what isn't one."""
    begins = begins_on or dt.date.fromisoformat(content["begins_on"])
    told: dict[str, Any] = {
        name: tuple(content[name]) for name in ("record_types", "classes", "when") if name in content
    }
    told |= {name: content[name] for name in _PLAIN if name in content}
    return Rule(code=code, begins_on=begins, number=number, **told)


@functools.cache
def delivered() -> tuple[Rule, ...]:
    """What comes with the program, in its order; several versions of a code may stand there."""
    entries = json.loads((Path(__file__).parent / "rules.json").read_text(encoding="utf-8"))
    return tuple(read_rule(entry["code"], entry) for entry in entries)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A facility's rules with all their versions. One query when it is opened."""

    versions: Mapping[str, tuple[Rule, ...]]

    def in_force(self, day: dt.date) -> list[Rule]:
        """The rules that hold for stays that end on that day, switched off ones included."""
        found = (_holding(versions, day) for versions in self.versions.values())
        return [rule for rule in found if rule is not None]

    def rule(self, code: str, day: dt.date) -> Rule | None:
        """The version of one that holds on that day."""
        return _holding(self.versions.get(code, ()), day)


def _holding(versions: Iterable[Rule], day: dt.date) -> Rule | None:
    begun = [rule for rule in versions if rule.begins_on <= day]
    own = [rule for rule in begun if rule.number]
    return max(own or begun, key=lambda rule: (rule.begins_on, rule.number), default=None)


def rule_book(facility_id: int) -> RuleBook:
    """The rules of a facility: the delivered ones in their order, its own after them."""
    versions: dict[str, list[Rule]] = {}
    for rule in delivered():
        versions.setdefault(rule.code, []).append(rule)
    for row in RuleVersion.objects.filter(facility=facility_id).order_by("code", "number"):
        own = read_rule(row.code, row.content, begins_on=row.begins_on, number=row.number)
        versions.setdefault(row.code, []).append(own)
    return RuleBook({code: tuple(found) for code, found in versions.items()})
