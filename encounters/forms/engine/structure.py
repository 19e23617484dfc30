"""What FHIR forbids between the parts of a form (invariants que-1 to que-13), and loops of conditions."""

from collections.abc import Iterator

from encounters.forms.engine.definition import Condition, Form, Item
from encounters.forms.engine.drawing import BACKGROUNDS
from encounters.forms.engine.vocabulary import KINDS, LAYOUTS

_WITH_LENGTH = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}
_ORDERED = {"Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "String"}


def check_structure(form: Form) -> list[tuple[str, str]]:
    """Problems as (place, what is wrong); empty when the form is sound."""
    problems = list(_doubles(form))
    for item in form.walk():
        problems += [(f"item {item.link_id}", what) for what in _item(item)]
        for condition in item.conditions:
            problems += [(f"item {item.link_id}", what) for what in _condition(form, item, condition)]
    return problems or list(_loops(form))


def _doubles(form: Form) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for item in form.walk():
        if item.link_id in seen:
            yield f"item {item.link_id}", "this linkId stands more than once"
        seen.add(item.link_id)


def _item(item: Item) -> Iterator[str]:  # noqa: PLR0912 - one line for each rule
    if item.type == "group" and not item.items and not item.section:
        yield "a group needs items"
    if item.type == "display":
        if item.items:
            yield "a display can't have items"
        if item.required or item.repeats or item.read_only or item.codes:
            yield "a display can't be required, repeated, read-only or coded"
    is_choice = item.type in {"choice", "open-choice"}
    if (item.options or item.value_set) and not is_choice:
        yield f"type {item.type} can't have answerOption or answerValueSet"
    if item.options and item.value_set:
        yield "has both answerOption and answerValueSet"
    if is_choice and not item.options and not item.value_set:
        yield "a choice needs answerOption or answerValueSet"
    if len({option.key for option in item.options}) != len(item.options):
        yield "two answerOptions are the same"
    if item.max_length is not None and item.type not in _WITH_LENGTH:
        yield f"type {item.type} can't have maxLength"
    if item.initial and not item.is_question:
        yield f"type {item.type} can't have an initial value"
    if item.initial and item.options:
        yield "with answerOption, use initialSelected in place of initial"
    if len(item.initial) > 1 and not item.repeats:
        yield "several initial values, but the item doesn't repeat"
    if item.calculated and (item.repeats or not item.is_question):
        yield "only a question that doesn't repeat can be calculated"
    if item.drawing and (item.type != "text" or item.repeats or item.drawing not in BACKGROUNDS):
        yield f"a drawing is a text that doesn't repeat, over one of {', '.join(sorted(BACKGROUNDS))}"
    yield from _layout(item)
    if item.rows_expression and not item.row_name:
        yield "itemPopulationContext needs a name"


def _layout(item: Item) -> Iterator[str]:
    """What the print layouts need of the items that they arrange."""
    layout = item.paper.layout
    if layout not in LAYOUTS:
        yield f"unknown print layout {layout}"
    elif layout == "diagnosis" and [child.is_question for child in item.items[:2]] != [True, True]:
        yield "print layout diagnosis needs two questions: the code, then the words"
    elif layout == "matrix" and any(child.type != "group" or child.repeats for child in item.items):
        yield "print layout matrix needs a plain group for each of its rows"
    elif layout in {"table", "table-total", "columns"} and item.type != "group":
        yield f"print layout {layout} is for groups"
    elif layout in {"table-total", "columns"} and item.repeats:
        yield f"print layout {layout} can't repeat"


def _condition(form: Form, item: Item, condition: Condition) -> Iterator[str]:
    target = form.by_link_id.get(condition.question)
    if target is None:
        yield f"enableWhen asks {condition.question}, which is not in the form"
        return
    if not target.is_question:
        yield f"enableWhen asks {condition.question}, which is a {target.type}"
        return
    if target is item or any(child is target for child in item.walk()):
        yield f"enableWhen asks {condition.question}, which depends on this very item"
    if condition.operator == "exists":
        return
    if condition.kind not in KINDS[target.type]:
        yield f"enableWhen compares {condition.question} ({target.type}) with a {condition.kind}"
    elif condition.operator not in {"=", "!="} and condition.kind not in _ORDERED:
        yield f"enableWhen can't order a {condition.kind}"


def _loops(form: Form) -> Iterator[tuple[str, str]]:
    """Conditions that wait for each other would have no answer; an item also waits for what encloses it."""
    waits: dict[str, set[str]] = {}

    def visit(item: Item, above: str) -> None:
        asked = {condition.question for condition in item.conditions}
        waits[item.link_id] = asked | ({above} if above else set())
        for child in item.items:
            visit(child, item.link_id)

    for item in form.items:
        visit(item, "")
    done: set[str] = set()
    for start, first in waits.items():
        stack, path = [(start, iter(first))], [start]
        while stack:
            current, following = stack[-1]
            step = next(following, None)
            if step is None:
                done.add(current)
                stack.pop()
                path.pop()
            elif step in path:
                yield f"item {step}", f"its enableWhen goes in a circle: {' → '.join([*path, step])}"
                return
            elif step not in done:
                stack.append((step, iter(waits[step])))
                path.append(step)
