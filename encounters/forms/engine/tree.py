"""Form and answers laid side by side: for every item in every row, its answers. Everything else walks this tree.

A place is named by a path, which is also the name of the form field: `a/<linkId>/<i.j>`, the linkId percent-encoded, the
numbers being the row of each repeating item above, outermost first. An answer's path has its own number after them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote

from encounters.forms.engine import typed
from encounters.forms.engine.definition import Coding, Condition, Form, Item, Quantity, Value
from encounters.forms.engine.responses import Answer, Entry, Response

PREFIX = "a/"


def path_of(link_id: str, rows: tuple[int, ...]) -> str:
    """The path of an item within the rows of the repeating items above it (and its own row or answer last)."""
    place = PREFIX + quote(link_id, safe="")
    return f"{place}/{'.'.join(map(str, rows))}" if rows else place


@dataclass(slots=True)
class Row:
    """One repetition of a group, or one answer of a question, with the items below it."""

    rows: tuple[int, ...]
    answer: Answer | None = None
    nodes: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """One item at one place. A group that doesn't repeat has exactly one row; a question has one for each answer, and
    one without an answer when there is none."""

    item: Item
    above: tuple[int, ...]
    rows: list[Row] = field(default_factory=list)
    surplus: int = 0

    @property
    def path(self) -> str:
        return path_of(self.item.link_id, self.above)

    @property
    def answers(self) -> list[Answer]:
        return [row.answer for row in self.rows if row.answer is not None and not row.answer.is_empty]

    def answer_path(self, index: int) -> str:
        return path_of(self.item.link_id, (*self.above, index))

    @property
    def has_content(self) -> bool:
        """Something was answered here or below."""
        return bool(self.answers) or any(node.has_content for row in self.rows for node in row.nodes)

    def walk(self) -> Iterator["Node"]:
        yield self
        for row in self.rows:
            for node in row.nodes:
                yield from node.walk()


@dataclass
class Tree:
    """A form with one set of answers; `strays` are linkIds that don't belong where they stand."""

    form: Form
    nodes: list[Node]
    strays: list[str]
    _enabled: dict[str, bool] = field(default_factory=dict)
    _index: dict[str, list[Node]] = field(default_factory=dict)
    _parents: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.walk():
            self._index.setdefault(node.item.link_id, []).append(node)
            for row in node.rows:
                for child in row.nodes:
                    self._parents[child.path] = node

    def walk(self) -> Iterator[Node]:
        for node in self.nodes:
            yield from node.walk()

    def find(self, link_id: str) -> list[Node]:
        """The places of an item, one for each row of what repeats above it."""
        return self._index.get(link_id, [])

    def is_enabled(self, node: Node) -> bool:
        """Whether the item is to be answered at this place: its own conditions hold, and those of all above it.

        Answers of a question that is itself disabled count as absent. Conditions given as an expression are applied by
        `calculation`, which records its finding with `disable`.
        """
        if node.path not in self._enabled:
            parent = self._parents.get(node.path)
            self._enabled[node.path] = (parent is None or self.is_enabled(parent)) and self._conditions_hold(
                node
            )
        return self._enabled[node.path]

    def disable(self, node: Node) -> None:
        """Record that an expression has disabled the item here; before anything asks `is_enabled`."""
        self._enabled[node.path] = False

    def _conditions_hold(self, node: Node) -> bool:
        conditions = node.item.conditions
        if not conditions:
            return True
        held = (self._holds(condition, node) for condition in conditions)
        return any(held) if node.item.any_condition else all(held)

    def answers_seen_from(self, node: Node, link_id: str) -> list[Answer]:
        """The answers to a question within the same rows as `node`, as far as both share repeating items."""
        mine, theirs = self.form.repeaters[node.item.link_id], self.form.repeaters[link_id]
        shared = 0
        while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
            shared += 1
        return [
            answer
            for other in self.find(link_id)
            if other.above[:shared] == node.above[:shared] and self.is_enabled(other)
            for answer in other.answers
        ]

    def _holds(self, condition: Condition, node: Node) -> bool:
        answers = self.answers_seen_from(node, condition.question)
        if condition.operator == "exists":
            return bool(answers) == condition.value
        return any(compares(answer, condition) for answer in answers)


def compares(answer: Answer, condition: Condition) -> bool:
    """Whether one answer stands in the condition's relation to its value; what can't be compared does not."""
    value, wanted = answer.value, condition.value
    if value is None:
        return False
    if condition.operator in {"=", "!="}:
        return _alike(value, wanted) == (condition.operator == "=")
    order = _order(value, wanted)
    if order is None:
        return False
    return {"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[condition.operator]


def _alike(value: Value, wanted: Value) -> bool:
    if isinstance(value, Coding) and isinstance(wanted, Coding):
        return value.code == wanted.code and (not wanted.system or value.system == wanted.system)
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    order = _order(value, wanted)
    return order == 0 if order is not None else value == wanted


def _order(value: Value, wanted: Value) -> int | None:
    one, other = _comparable(value), _comparable(wanted)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one > other) - (one < other)
    first, second = typed.as_moment(one), typed.as_moment(other)
    if first and second:
        return (first > second) - (first < second)
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    return None


def _comparable(value: Value) -> object:
    if isinstance(value, Quantity):
        return value.value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    return value


def build(form: Form, response: Response) -> Tree:
    """Lay the answers beside the form; what has no place in the form is named in `strays`."""
    strays: list[str] = []
    nodes = _nodes(form.items, response.items, (), strays)
    return Tree(form, nodes, strays)


def _nodes(
    items: tuple[Item, ...], entries: list[Entry], above: tuple[int, ...], strays: list[str]
) -> list[Node]:
    known = {item.link_id for item in items}
    strays += [entry.link_id for entry in entries if entry.link_id not in known]
    return [_node(item, [e for e in entries if e.link_id == item.link_id], above, strays) for item in items]


def _node(item: Item, entries: list[Entry], above: tuple[int, ...], strays: list[str]) -> Node:
    node = Node(item, above)
    if item.type == "display":
        node.surplus = len(entries)
    elif item.type == "group":
        _add_groups(node, entries, strays)
    else:
        _add_answers(node, entries, strays)
    return node


def _add_groups(node: Node, entries: list[Entry], strays: list[str]) -> None:
    item, above = node.item, node.above
    node.surplus = sum(1 for entry in entries if entry.answers)
    if not item.repeats:
        node.surplus += max(len(entries) - 1, 0)
        first = entries[0].items if entries else []
        node.rows.append(Row(above, None, _nodes(item.items, first, above, strays)))
        return
    for index, entry in enumerate(entries):
        rows = (*above, index)
        node.rows.append(Row(rows, None, _nodes(item.items, entry.items, rows, strays)))


def _add_answers(node: Node, entries: list[Entry], strays: list[str]) -> None:
    item, above = node.item, node.above
    # A question has one item with all its answers; several items are read together, and items outside an answer are lost
    # to FHIR, so they are said to be strays.
    node.surplus = max(len(entries) - 1, 0)
    strays += [child.link_id for entry in entries for child in entry.items]
    answers = [answer for entry in entries for answer in entry.answers] or [Answer()]
    for index, answer in enumerate(answers):
        rows = (*above, index) if item.repeats else above
        below = item.items if index == 0 or item.repeats else ()
        children = _nodes(below, answer.items, rows, strays)
        node.rows.append(Row(rows, answer, children))


def blank_row(item: Item, rows: tuple[int, ...]) -> Row:
    """An empty row of a repeating group, to be typed into."""
    return Row(rows, None, _nodes(item.items, [], rows, []))
