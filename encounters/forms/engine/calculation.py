"""What the form itself fills in: calculated values, initial values, conditions written as expressions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from encounters.forms.engine import typed
from encounters.forms.engine.definition import Coding, Constraint, Form, Item, Option, Value
from encounters.forms.engine.evaluation import TooCostly, evaluate, truth
from encounters.forms.engine.expressions import Expression
from encounters.forms.engine.functions import Values, local_day
from encounters.forms.engine.responses import (
    Answer,
    Entry,
    Response,
    new_response,
    write_entries,
    write_response,
)
from encounters.forms.engine.tree import Node, Tree, build
from encounters.forms.engine.values import read_value
from encounters.forms.engine.vocabulary import KINDS

Variables = Mapping[str, object]
_ROUNDS = 4  # a calculated value may feed another, and a condition; longer chains than this are settled at the next save


@dataclass(frozen=True, slots=True)
class _Scope:
    """What expressions of one run see beside the place that they stand at."""

    form: Form
    seen: object
    variables: Variables
    now: str

    def values(self, expression: Expression, context: object) -> Values:
        variables: dict[str, object] = {"resource": self.seen, "context": context, **self.variables}
        try:
            for name, source in self.form.variables:
                variables[name] = evaluate(source, focus=self.seen, variables=variables, now=self.now)
            return evaluate(expression, focus=context, variables=variables, now=self.now)
        except TooCostly:
            return []


def arrange(form: Form, response: Response, *, now: str = "") -> Tree:
    """The tree of form and answers with conditions written as expressions applied too."""
    tree = build(form, response)
    if any(item.enable_expression for item in form.walk()):
        scope = _Scope(form, write_response(response), {}, now)
        for node in tree.walk():
            expression = node.item.enable_expression
            if expression and not truth(scope.values(expression, scope.seen)):
                tree.disable(node)
    return tree


def prune(form: Form, response: Response, *, now: str = "") -> Response:
    """The response without the answers of disabled items and without empty rows: what is finalised."""
    tree = arrange(form, response, now=now)
    return Response(response.questionnaire, response.status, _kept(tree, tree.nodes))


def _kept(tree: Tree, nodes: list[Node]) -> list[Entry]:
    found: list[Entry] = []
    for node in nodes:
        if not tree.is_enabled(node) or node.item.type == "display":
            continue
        if node.item.type == "group":
            groups = [Entry(node.item.link_id, [], _kept(tree, row.nodes)) for row in node.rows]
            found += [entry for entry in groups if entry.items]
            continue
        answers = [
            Answer(row.answer.kind, row.answer.value, row.answer.typed, _kept(tree, row.nodes))
            for row in node.rows
            if row.answer is not None
        ]
        if answers := [answer for answer in answers if not answer.is_empty or answer.items]:
            found.append(Entry(node.item.link_id, answers))
    return found


def broken(
    form: Form, response: Response, tree: Tree, *, variables: Variables | None = None, now: str = ""
) -> Iterator[tuple[Node | None, Constraint]]:
    """The constraints that don't hold, each with the place that it stands at; None is the form as a whole."""
    seen = write_response(prune(form, response, now=now))
    scope = _Scope(form, seen, variables or {}, now)
    for constraint in form.constraints:
        if scope.values(constraint.expression, seen)[:1] == [False]:
            yield None, constraint
    for node in tree.walk():
        if node.item.constraints and tree.is_enabled(node):
            places = write_entries(_kept(tree, [node]))
            for constraint in node.item.constraints:
                if any(scope.values(constraint.expression, place)[:1] == [False] for place in places):
                    yield node, constraint


def calculate(
    form: Form, response: Response, *, variables: Variables | None = None, now: str = ""
) -> Response:
    """The response with every calculated item set anew from the enabled answers (or emptied when they don't suffice).

    An expression sees `%resource` (all enabled answers), `%context` (the answers beside it: its row or group), the
    form's own variables and those given.
    """
    if not any(item.calculated for item in form.walk()):
        return response
    for _ in range(_ROUNDS):
        before = write_response(response)
        seen = write_response(prune(form, response, now=now))
        response = Response(
            response.questionnaire,
            response.status,
            _calculated(form.items, response.items, seen, _Scope(form, seen, variables or {}, now)),
        )
        if write_response(response) == before:
            break
    return response


def _calculated(items: tuple[Item, ...], entries: list[Entry], context: Any, scope: _Scope) -> list[Entry]:
    found: list[Entry] = []
    known = {item.link_id for item in items}
    for item in items:
        mine = [entry for entry in entries if entry.link_id == item.link_id]
        if item.calculated:
            answer = _answer(item, scope.values(item.calculated, context))
            found += [Entry(item.link_id, [answer])] if answer else []
            continue
        if not item.items:
            found += mine
            continue
        if item.type == "group" and not item.repeats and not mine:
            mine = [Entry(item.link_id)]
        found += [
            entry for entry in (_below(item, one, scope) for one in mine) if entry.items or entry.answers
        ]
    return found + [entry for entry in entries if entry.link_id not in known]


def _below(item: Item, entry: Entry, scope: _Scope) -> Entry:
    if item.type == "group":
        row = {"linkId": entry.link_id, "item": write_entries(entry.items)}
        return Entry(entry.link_id, entry.answers, _calculated(item.items, entry.items, row, scope))
    answers = []
    for answer in entry.answers:
        row = {"item": write_entries(answer.items)}
        answers.append(
            Answer(answer.kind, answer.value, answer.typed, _calculated(item.items, answer.items, row, scope))
        )
    return Entry(entry.link_id, answers, entry.items)


def _answer(item: Item, values: Values) -> Answer | None:
    """The first value as an answer of the item's type, or None when it is none."""
    for value in values[:1]:
        for kind in KINDS[item.type]:
            found = _fit(item, kind, value)
            if found is not None:
                return Answer(kind, found)
    return None


def _fit(item: Item, kind: str, value: object) -> Value | None:  # noqa: PLR0911 - one for each kind
    if kind == "Coding" and isinstance(value, str):
        option = _option(item, value)
        return option.value if option and option.kind == "Coding" else None
    if isinstance(value, Decimal):
        if kind == "Integer":
            return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else None
        if kind == "Decimal":
            return typed.tidy_decimal(float(value))
        if kind == "String":
            return typed.show_decimal(value)
        if kind == "Quantity":
            return read_value("Quantity", {"value": float(value), **_unit(item)})
        return None
    if kind == "Date" and isinstance(value, str) and "T" in value:
        value = local_day(value)
    if kind == "Coding" and isinstance(value, Mapping):
        coding = read_value("Coding", _plain_numbers(value))
        option = _option(item, coding.code) if isinstance(coding, Coding) else None
        return option.value if option else coding
    return read_value(kind, _plain_numbers(value) if isinstance(value, Mapping) else value)


def _plain_numbers(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: float(part) if isinstance(part, Decimal) else part for name, part in value.items()}


def _unit(item: Item) -> dict[str, str]:
    if not item.units:
        return {}
    unit = item.units[0]
    return {"unit": unit.display or unit.code, "system": unit.system, "code": unit.code}


def _option(item: Item, code: str) -> Option | None:
    return next((o for o in item.options if isinstance(o.value, Coding) and o.value.code == code), None)


def initial_response(form: Form, *, variables: Variables | None = None, now: str = "") -> Response:
    """A new response with the initial values: those written in the form, and those its expressions ask of `variables`.

    A repeating group with itemPopulationContext gets one row for each value, which its items see under the given name.
    """
    response = new_response(form)
    response.items = _initial(form.items, _Scope(form, {}, variables or {}, now))
    return calculate(form, response, variables=variables, now=now)


def _initial(items: tuple[Item, ...], scope: _Scope) -> list[Entry]:
    found: list[Entry] = []
    for item in items:
        if item.type == "group":
            found += _initial_groups(item, scope)
        elif item.is_question and not item.calculated:
            answers = _initial_answers(item, scope)
            children = _initial(item.items, scope) if item.items else []
            if children and not answers:
                answers = [Answer()]
            for answer in answers[:1]:
                answer.items = children
            found += [Entry(item.link_id, answers)] if answers else []
    return found


def _initial_groups(item: Item, scope: _Scope) -> list[Entry]:
    scopes = [scope]
    if item.rows_expression:
        rows = scope.values(item.rows_expression, None)
        scopes = [replace(scope, variables={**scope.variables, item.row_name: row}) for row in rows]
        if not item.repeats:
            scopes = scopes[:1]
    entries = [Entry(item.link_id, [], _initial(item.items, one)) for one in scopes]
    return [entry for entry in entries if entry.items]


def _initial_answers(item: Item, scope: _Scope) -> list[Answer]:
    if item.initial_expression:
        values = scope.values(item.initial_expression, None)
        answers = [answer for value in values if (answer := _answer(item, [value]))]
        if answers:
            return answers if item.repeats else answers[:1]
    chosen = [Answer(option.kind, option.value) for option in item.options if option.selected]
    return chosen or [Answer(kind, value) for kind, value in item.initial]


def carry_over(
    form: Form, previous: Response, *, variables: Variables | None = None, now: str = ""
) -> Response:
    """A new response that repeats an earlier one, except what `variables` know anew (time, day, place)."""
    fresh = initial_response(form, variables=variables, now=now)
    fresh.items = _merged(form.items, previous.items, fresh.items, _asks_anew)
    return calculate(form, prune(form, fresh, now=now), variables=variables, now=now)


def refresh(form: Form, current: Response, *, variables: Variables | None = None, now: str = "") -> Response:
    """The response with read-only items as `variables` know them now, and its unanswered items prefilled; what people
    wrote stays."""
    fresh = initial_response(form, variables=variables, now=now)
    items = _merged(form.items, current.items, fresh.items, lambda item: item.read_only and _asks_anew(item))
    merged = Response(current.questionnaire, current.status, items)
    return calculate(form, merged, variables=variables, now=now)


def keep_read_only(form: Form, posted: Response, stored: Response) -> Response:
    """The posted response with its read-only items as they were stored: a page shows them, but doesn't decide them."""
    items = _merged(form.items, posted.items, stored.items, lambda item: item.read_only, prefer_old=True)
    return Response(posted.questionnaire, posted.status, items)


def _asks_anew(item: Item) -> bool:
    return bool(item.initial_expression or item.rows_expression)


def _merged(
    items: tuple[Item, ...],
    old: list[Entry],
    new: list[Entry],
    takes_new: Callable[[Item], bool],
    *,
    prefer_old: bool = False,
) -> list[Entry]:
    """Entries of two responses item by item: the new one's where `takes_new` says so, else the old one's.

    With `prefer_old` an item that doesn't take the new one keeps the old one even when that is empty.
    """
    found: list[Entry] = []
    for item in items:
        mine = [entry for entry in old if entry.link_id == item.link_id]
        theirs = [entry for entry in new if entry.link_id == item.link_id]
        if item.type == "group" and not item.repeats and not item.rows_expression:
            below = _merged(
                item.items,
                mine[0].items if mine else [],
                theirs[0].items if theirs else [],
                takes_new,
                prefer_old=prefer_old,
            )
            found += [Entry(item.link_id, [], below)] if below else []
        elif prefer_old:
            found += theirs if takes_new(item) else mine
        else:
            found += (theirs or mine) if takes_new(item) else (mine or theirs)
    return found
