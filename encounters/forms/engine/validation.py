"""Is a response right for its form? One problem for each place that is not, in the order of the form; never raises."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encounters.forms.engine import typed
from encounters.forms.engine.calculation import Variables, arrange, broken
from encounters.forms.engine.definition import Coding, Form, Item, Quantity, Value
from encounters.forms.engine.drawing import read_lines
from encounters.forms.engine.responses import Answer, Response, read_response
from encounters.forms.engine.tree import Node, Tree, path_of
from encounters.forms.engine.values import show_value
from encounters.forms.engine.vocabulary import KINDS

# Whether a coding is a member of the value set with this address: True, False, or None when nobody here knows.
Membership = Callable[[str, Coding], bool | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place. `path` is the name of the form field (see tree); `code` is for programs.

    `severity`: an error stops the form, a warning may be overruled with a reason.
    """

    path: str
    link_id: str
    code: str
    message: str
    severity: str = "error"


def validate(
    form: Form,
    resource: object,
    *,
    complete: bool = True,
    membership: Membership | None = None,
    now: str = "",
    variables: Variables | None = None,
    language: str = "vi",
) -> list[Problem]:
    """Problems of a response given as FHIR JSON (or as a `Response`).

    `complete=False` is for drafts: what is still missing is no problem then. Disabled items are not looked at, except
    that they hold no unreadable JSON. Constraints are looked at once the form is to be complete; `variables` are the
    providers' values, which they may name.
    """
    unreadable: list[str] = []
    if isinstance(resource, Response):
        response = resource
    else:
        response, unreadable = read_response(resource)
    problems = [
        Problem("", "", "unreadable", _("The answers can't be read: %s.") % what) for what in unreadable
    ]
    if response.questionnaire and response.questionnaire != form.canonical:
        problems.append(Problem("", "", "other-form", _("These answers belong to another form or version.")))
    tree = arrange(form, response, now=now)
    problems += _Checker(tree, complete, membership).run()
    if complete:
        for node, constraint in broken(form, response, tree, variables=variables, now=now):
            item = node.item if node else None
            path = (node.answer_path(0) if node.item.is_question else node.path) if node else ""
            words = constraint.human.in_language(language)
            problems.append(
                Problem(path, item.link_id if item else "", constraint.key, words, constraint.severity)
            )
    return problems


class _Checker:
    def __init__(self, tree: Tree, complete: bool, membership: Membership | None) -> None:
        self.tree = tree
        self.complete = complete
        self.membership = membership
        self.problems: list[Problem] = []

    def run(self) -> list[Problem]:
        for link_id in self.tree.strays:
            text = _("There is no item “%s” at this place of the form.") % link_id[:100]
            self.problems.append(Problem(path_of(link_id, ()), link_id, "unknown-item", text))
        for node in self.tree.walk():
            if self.tree.is_enabled(node):
                self.node(node)
        return self.problems

    def add(self, node: Node, code: str, message: str, index: int | None = None) -> None:
        path = node.answer_path(index) if index is not None else node.path
        self.problems.append(Problem(path, node.item.link_id, code, message))

    def node(self, node: Node) -> None:
        item = node.item
        if node.surplus:
            self.add(node, "surplus", _("This item stands more often than the form allows."), None)
        if item.type == "display":
            return
        self.count(node)
        if item.type == "group":
            return
        for index, row in enumerate(node.rows):
            if row.answer is not None and not row.answer.is_empty:
                for code, message in check_answer(item, row.answer, self.membership):
                    self.add(node, code, message, index)

    def count(self, node: Node) -> None:
        item = node.item
        found = (
            len(node.answers)
            if item.is_question
            else sum(any(n.has_content for n in row.nodes) for row in node.rows)
        )
        where = 0 if item.is_question else None
        fewest = max(item.min_occurs or 0, int(item.required))
        if self.complete and found < fewest:
            if fewest == 1:
                self.add(node, "required", _("This is required."), where)
            else:
                text = (
                    ngettext("At least %d answer is needed.", "At least %d answers are needed.", fewest)
                    % fewest
                )
                self.add(node, "too-few", text, where)
        most = item.max_occurs if item.repeats else 1
        if most is not None and found > most:
            text = ngettext("Only %d answer is allowed.", "Only %d answers are allowed.", most) % most
            self.add(node, "too-many", text, where)


def check_answer(item: Item, answer: Answer, membership: Membership | None = None) -> list[tuple[str, str]]:
    """Codes and messages of what is wrong with one answer."""
    if answer.value is None:
        return [("not-a-value", _not_a_value(item))]
    if answer.kind not in KINDS[item.type]:
        return [("wrong-type", _not_a_value(item))]
    problems = _length(item, answer.value) + _range(item, answer.value)
    if item.type in {"choice", "open-choice"}:
        problems += _choice(item, answer, membership)
    return problems


def _not_a_value(item: Item) -> str:
    words = {
        "integer": _("Enter a whole number."),
        "decimal": _("Enter a number."),
        "quantity": _("Enter a number."),
        "date": _("Enter a date such as 22/11/2026."),
        "dateTime": _("Enter a date and time such as 22/11/2026 14:30."),
        "time": _("Enter a time such as 14:30."),
        "choice": _("Choose one from the list."),
        "open-choice": _("Choose one from the list."),
        "boolean": _("Choose yes or no."),
    }
    return words.get(item.type, _("This answer can't be used here."))


def _length(item: Item, value: Value) -> list[tuple[str, str]]:
    if not isinstance(value, str):
        return []
    problems = []
    if item.max_length is not None and len(value) > item.max_length:
        problems.append(("too-long", _("Shorten this to %d characters.") % item.max_length))
    if item.min_length is not None and len(value) < item.min_length:
        problems.append(("too-short", _("Write at least %d characters.") % item.min_length))
    if item.pattern and not re.fullmatch(item.pattern, value[:10_000]):
        problems.append(("pattern", _("This doesn't have the expected form.")))
    if item.drawing and read_lines(value) is None:
        problems.append(("pattern", _("This drawing can't be read. Draw it again.")))
    if item.type == "url" and re.search(r"\s", value):
        problems.append(("pattern", _("An address has no spaces.")))
    return problems


def _range(item: Item, value: Value) -> list[tuple[str, str]]:
    problems = []
    number = value.value if isinstance(value, Quantity) else value
    if item.decimals is not None and isinstance(number, Decimal) and number != round(number, item.decimals):
        text = (
            ngettext("At most %d decimal place.", "At most %d decimal places.", item.decimals) % item.decimals
        )
        problems.append(("too-precise", text))
    kind = KINDS[item.type][0]
    if item.minimum is not None and _less(value, item.minimum):
        problems.append(("too-small", _("Must be at least %s.") % show_value(item.minimum, kind)))
    if item.maximum is not None and _less(item.maximum, value):
        problems.append(("too-large", _("Must be at most %s.") % show_value(item.maximum, kind)))
    return problems


def _less(one: Value, other: Value) -> bool:
    left, right = _ordered(one), _ordered(other)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left < right
    first, second = typed.as_moment(left), typed.as_moment(right)
    if first and second:
        return first < second
    return isinstance(left, str) and isinstance(right, str) and left < right


def _ordered(value: Value) -> object:
    if isinstance(value, Quantity):
        return value.value
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value


def _choice(item: Item, answer: Answer, membership: Membership | None) -> list[tuple[str, str]]:
    value = answer.value
    if item.type == "open-choice" and isinstance(value, str):
        return []
    if item.options:
        known: Mapping[str, Value] = {option.key: option.value for option in item.options}
        key = value.token if isinstance(value, Coding) else str(value)
        return [] if key in known else [("not-an-option", _("Choose one from the list."))]
    if not isinstance(value, Coding) or not value.code:
        return [("not-an-option", _("Choose one from the list."))]
    if membership and membership(item.value_set, value) is False:
        return [("not-an-option", _("%s is not a code of this list.") % value.code)]
    return []
