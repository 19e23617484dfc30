"""A form with answers as a page shows it: one view object an item, for the fragments in templates/encounters/forms/."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from encounters.forms.catalogue import search_address
from encounters.forms.engine import Answer, Change, Coding, Form, Item, Node, Problem, Response, Row, Tree
from encounters.forms.engine.calculation import arrange
from encounters.forms.engine.definition import Value
from encounters.forms.engine.encoding import parts_of, unit_key
from encounters.forms.engine.sources import live_items, sources_of
from encounters.forms.engine.tree import blank_row, path_of
from encounters.forms.engine.values import show_value

FEW = 4  # so many choices of a required question are shown as buttons at once, more as a list to pull down
# Widths on paper (twelfths) as columns of a page's grid, which has fewer.
_WIDTHS = {
    1: "w-2",
    2: "w-2",
    3: "w-3",
    4: "w-4",
    5: "w-4",
    6: "w-6",
    7: "w-8",
    8: "w-8",
    9: "w-9",
    10: "w-9",
}


def id_of(path: str) -> str:
    """The id of the element at a path; no two paths share one."""
    return path.replace("/", ":").replace("%", "=")


@dataclass(slots=True)
class Choice:
    """One option of a list."""

    key: str
    label: str
    chosen: bool


@dataclass(slots=True)
class Input:
    """One field, or the few fields that make up one answer. `parts` are their values as `encoding` names them."""

    name: str
    parts: Mapping[str, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    shown: str = ""

    @property
    def id(self) -> str:
        return id_of(self.name)

    @property
    def value(self) -> str:
        return self.parts.get("", "")

    @property
    def other(self) -> str:
        return self.parts.get("other", "")

    @property
    def search_text(self) -> str:
        return self.parts.get("shown", "")

    @property
    def chosen(self) -> str:
        return self.parts.get("chosen", "")

    @property
    def code(self) -> str:
        """The code alone, to be read beside its words."""
        return self.value.rpartition("|")[2]

    @property
    def version(self) -> str:
        return self.parts.get("version", "")

    @property
    def unit(self) -> str:
        return self.parts.get("unit", "")


@dataclass(slots=True)
class RowView:
    """One repetition of a group."""

    id: str
    number: int
    items: list["ItemView"]


@dataclass(slots=True)
class ItemView:
    """One item at one place."""

    item: Item
    path: str
    label: str
    template: str
    is_enabled: bool
    help: str = ""
    unit: str = ""
    width: str = ""
    search: str = ""
    placeholder: str = ""
    conditions: str = ""
    is_live: bool = False
    problems: list[str] = field(default_factory=list)
    change: Change | None = None
    inputs: list[Input] = field(default_factory=list)
    items: list["ItemView"] = field(default_factory=list)
    rows: list[RowView] = field(default_factory=list)
    units: list[Choice] = field(default_factory=list)
    level: int = 2
    above: str = ""
    content: str = ""

    @property
    def id(self) -> str:
        return id_of(self.path)

    @property
    def is_hidden(self) -> bool:
        """Not asked by its own conditions; what stands inside another item that isn't asked is hidden with that one."""
        return bool(self.conditions) and not self.is_enabled

    @property
    def first(self) -> Input:
        return self.inputs[0] if self.inputs else Input(self.path)

    @property
    def fixed_unit(self) -> str:
        """What a quantity of one unit posts as its unit."""
        return self.first.unit or (unit_key(self.item.units[0]) if self.item.units else "")

    @property
    def before(self) -> str:
        return "; ".join(self.change.before) if self.change else ""


@dataclass(slots=True)
class FormView:
    """All that the fragment `encounters/forms/_form.html` needs."""

    title: str
    code: str
    language: str
    items: list[ItemView]
    summary: list[tuple[str, str, str]]
    questionnaire: str = ""
    disabled: str = ""
    unchecked: str = ""

    @property
    def sections(self) -> list[ItemView]:
        """The groups at the top, for the list of contents."""
        return [item for item in self.items if item.item.type == "group" and not item.item.hidden]


def form_view(
    form: Form,
    response: Response,
    *,
    language: str,
    now: str = "",
    problems: Iterable[Problem] = (),
    changes: Iterable[Change] = (),
    sections: Mapping[str, str] | None = None,
) -> FormView:
    """The page's view of a response: its fields, what is wrong with them, and what differs from an earlier one.

    `sections` are the (safe) fragments that other rooms put in the places the form keeps for them.
    """
    tree = arrange(form, response, now=now)
    listed = list(problems)
    builder = _Builder(tree, language, listed, {change.path: change for change in changes}, sections or {})
    items = [builder.node(node, 2) for node in tree.nodes]
    return FormView(
        title=form.title.in_language(language),
        code=form.code,
        language=language,
        items=items,
        summary=[(id_of(problem.path), builder.label_of(problem), problem.message) for problem in listed],
        disabled=" ".join(id_of(node.path) for node in tree.walk() if not tree.is_enabled(node)),
        unchecked="; ".join(text.in_language(language) for text in form.unchecked),
    )


def new_row(form: Form, item: Item, above: tuple[int, ...], index: int, *, language: str) -> RowView:
    """An empty row to add under a repeating group."""
    row = blank_row(item, (*above, index))
    node = Node(item, above, [row])
    builder = _Builder(Tree(form, [node], []), language)
    return builder.row(node, row, 3)


def calculated_items(view: FormView) -> list[ItemView]:
    """The calculated items of a page, wherever they stand."""

    def walk(items: Iterable[ItemView]) -> Iterable[ItemView]:
        for item in items:
            if item.item.calculated:
                yield item
            yield from walk(item.items)
            for row in item.rows:
                yield from walk(row.items)

    return list(walk(view.items))


class _Builder:
    def __init__(
        self,
        tree: Tree,
        language: str,
        problems: Iterable[Problem] = (),
        changes: Mapping[str, Change] | None = None,
        sections: Mapping[str, str] | None = None,
    ) -> None:
        self.tree = tree
        self.sections = sections or {}
        self.form = tree.form
        self.language = language
        self.changes = changes or {}
        self.live = live_items(tree.form)
        self.problems: dict[str, list[str]] = {}
        for problem in problems:
            self.problems.setdefault(problem.path, []).append(problem.message)

    def label_of(self, problem: Problem) -> str:
        item = self.form.by_link_id.get(problem.link_id)
        return item.text.in_language(self.language) if item else ""

    def sources(self, item: Item) -> str:
        """What a calculated item is calculated from, in the words of the form."""
        if not item.calculated:
            return ""
        labels = [one.text.in_language(self.language) for one in sources_of(self.form, item)]
        return _("Calculated from: %s") % "; ".join(dict.fromkeys(labels)) if labels else ""

    def node(self, node: Node, level: int) -> ItemView:
        item = node.item
        view = ItemView(
            item=item,
            path=node.path,
            label=item.text.in_language(self.language),
            template=f"encounters/forms/{_template(item)}",
            is_enabled=self.tree.is_enabled(node),
            help=item.help.in_language(self.language) or self.sources(item),
            unit=item.units[0].display or item.units[0].code if len(item.units) == 1 else "",
            width=_WIDTHS.get(item.paper.width, ""),
            search=search_address(item) if item.value_set else "",
            placeholder=item.placeholder.in_language(self.language),
            conditions=self.conditions(node),
            is_live=item.link_id in self.live,
            problems=list(self.problems.get(node.path, [])),
            change=self.changes.get(node.path),
            level=min(level, 6),
            above=".".join(map(str, node.above)),
            content=self.sections.get(item.section, ""),
        )
        if item.type == "group":
            self.fill_group(view, node, level)
        elif item.is_question:
            self.fill_question(view, node, level)
        return view

    def fill_group(self, view: ItemView, node: Node, level: int) -> None:
        if not node.item.repeats:
            view.items = [self.node(child, level + 1) for child in node.rows[0].nodes]
            if node.item.paper.layout == "columns":  # columns of paper stand below each other on a screen
                for item in view.items:
                    item.width = ""
            return
        spare = blank_row(node.item, (*node.above, len(node.rows)))
        view.rows = [self.row(node, row, level + 1) for row in [*node.rows, spare]]

    def row(self, node: Node, row: Row, level: int) -> RowView:
        items = [self.node(child, level + 1) for child in row.nodes]
        return RowView(id_of(path_of(node.item.link_id, row.rows)), row.rows[-1] + 1, items)

    def fill_question(self, view: ItemView, node: Node, level: int) -> None:
        item = node.item
        if view.template.endswith("_checks.html"):
            view.inputs = self.checks(node)
        else:
            answers = [row.answer or Answer() for row in node.rows]
            if item.repeats and not answers[-1].is_empty:
                answers.append(Answer())
            view.inputs = [self.input(node, index, answer) for index, answer in enumerate(answers)]
        if len(item.units) > 1:
            view.units = [
                Choice(unit_key(u), u.display or u.code, unit_key(u) == view.first.unit) for u in item.units
            ]
        view.items = [self.node(child, level) for row in node.rows for child in row.nodes]

    def input(self, node: Node, index: int, answer: Answer) -> Input:
        name = node.answer_path(index)
        parts = parts_of(node.item, answer) if not answer.is_empty else {}
        shown = (
            show_value(answer.value, answer.kind, language=self.language)
            if answer.value is not None
            else answer.typed
        )
        found = Input(name, parts, [], self.problems.get(name, []), shown)
        found.choices = self.choices(node.item, found.value)
        return found

    def choices(self, item: Item, value: str) -> list[Choice]:
        if item.type == "boolean":
            return [Choice("true", _("Yes"), value == "true"), Choice("false", _("No"), value == "false")]
        return [Choice(o.key, o.label.in_language(self.language), o.key == value) for o in item.options]

    def checks(self, node: Node) -> list[Input]:
        """A field for each option of a repeating choice; an answer that is no option keeps a field of its own."""
        given = [parts_of(node.item, answer) for answer in node.answers]
        keys = [parts.get("", "") for parts in given]
        found = []
        for index, option in enumerate(node.item.options):
            chosen = [Choice(option.key, option.label.in_language(self.language), option.key in keys)]
            found.append(Input(node.answer_path(index), {"": option.key}, chosen))
        options = {option.key for option in node.item.options}
        strays = [parts for parts in given if parts.get("", "") not in options]
        for index, parts in enumerate(strays, start=len(found)):
            name = node.answer_path(index)
            found.append(Input(name, parts, [], self.problems.get(name, [])))
        found[0].problems = [
            m for index in range(len(found)) for m in self.problems.get(node.answer_path(index), [])
        ]
        return found

    def conditions(self, node: Node) -> str:
        """The conditions as the page's script reads them; "" when only the server can decide."""
        if not node.item.conditions and not node.item.enable_expression:
            return ""
        asked: list[dict[str, Any]] = []
        mine = self.form.repeaters[node.item.link_id]
        for condition in node.item.conditions:
            theirs = self.form.repeaters[condition.question]
            shared = 0
            while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
                shared += 1
            prefix = path_of(condition.question, ()) + "/" + "".join(f"{n}." for n in node.above[:shared])
            asked.append({"name": prefix, "operator": condition.operator, "value": _posted(condition.value)})
        if node.item.enable_expression:
            asked.append({"name": "", "operator": "expression", "value": None})
        return json.dumps({"any": node.item.any_condition, "when": asked})


def _posted(value: Value) -> str | None:
    """How a field posts the value, or None when the page's script can't compare it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Coding):
        return value.token
    return value if isinstance(value, str) else None


def _template(item: Item) -> str:  # noqa: PLR0911 - one line for each look
    if item.type == "group":
        return "_rows.html" if item.repeats else "_section.html" if item.section else "_group.html"
    if item.type == "display":
        return "_display.html"
    if item.calculated or item.read_only:
        return "_fixed.html"
    if item.type == "boolean":
        return "_tick.html" if item.control == "check-box" else "_radios.html"
    if item.options:
        if item.repeats:
            return "_checks.html"
        few = item.control == "radio-button" or (item.required and len(item.options) <= FEW)
        return "_radios.html" if few and item.type == "choice" else "_select.html"
    if item.value_set:
        return "_coded.html"
    if item.drawing:
        return "_drawing.html"
    return "_area.html" if item.type == "text" else "_text.html"
