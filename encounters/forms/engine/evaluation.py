"""Evaluating an expression: every value is a list, no answer is the empty list, and nothing raises but `TooCostly`."""

from collections.abc import Mapping

from encounters.forms.engine import functions as f
from encounters.forms.engine.expressions import (
    Binary,
    Call,
    Expression,
    Index,
    Literal,
    Member,
    Syntax,
    Unary,
    Variable,
)
from encounters.forms.engine.functions import Values

MAX_STEPS = 200_000  # some 0.2 s; the largest shipped form needs about a hundredth
_PER_ITEM = frozenset({"where", "select", "all", "exists", "repeat"})


class TooCostly(ValueError):
    """The expression asks for more steps than a form may."""


def evaluate(
    expression: Expression, *, focus: object, variables: Mapping[str, object] | None = None, now: str = ""
) -> Values:
    """The values of an expression over JSON.

    `focus` is what a path begins at, `variables` the %names (a JSON value or a list of them), `now` a FHIR dateTime
    for now() and today(); they are empty without it, since the engine has no clock.
    """
    return _Evaluation(variables or {}, now).run(expression.syntax, [focus])


def truth(values: Values) -> bool:
    """FHIRPath's reading of a collection as a condition: empty is false, one value that is no boolean is true."""
    return bool(values) and values[0] is not False


class _Evaluation:
    def __init__(self, variables: Mapping[str, object], now: str) -> None:
        self.variables = variables
        self.now = now
        self.steps = 0

    def run(self, syntax: Syntax | None, focus: Values) -> Values:  # noqa: PLR0911 - one for each kind of syntax
        self.spend(1)
        match syntax:
            case Literal(values=values):
                return list(values)
            case Variable(name=name):
                return f.as_list(self.variables.get(name))
            case Member(of=of, name=name):
                return self.member(focus if of is None else self.run(of, focus), name)
            case Index(of=of, at=at):
                return self.index(self.run(of, focus), self.run(at, focus))
            case Call(of=of, name=name, arguments=arguments):
                return self.call(name, focus if of is None else self.run(of, focus), arguments, focus)
            case Unary(operator=operator, operand=operand):
                number = f.number_of(self.run(operand, focus))
                return [] if number is None else [-number if operator == "-" else number]
            case Binary(operator=operator, left=left, right=right):
                return self.binary(operator, self.run(left, focus), right, focus)
            case _:
                return focus

    def spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TooCostly

    def member(self, focus: Values, name: str) -> Values:
        self.spend(len(focus))
        found: Values = []
        for value in focus:
            if not isinstance(value, Mapping):
                continue
            if name in value:
                found += f.as_list(value[name])
            elif name == "value":  # a FHIR choice: valueInteger, valueCoding …
                found += [part for key in value if f.is_choice(key) for part in f.as_list(value[key])]
            elif value.get("resourceType") == name:
                found.append(value)
        return found

    def index(self, values: Values, at: Values) -> Values:
        place = f.number_of(at)
        if place is None or place != int(place) or not 0 <= place < len(values):
            return []
        return [values[int(place)]]

    def binary(  # noqa: PLR0911 - one for each family of operators
        self, operator: str, left: Values, right_syntax: Syntax, focus: Values
    ) -> Values:
        right = self.run(right_syntax, focus)
        if operator in f.LOGIC:
            return f.LOGIC[operator](f.boolean_of(left), f.boolean_of(right))
        if operator == "|":
            return f.distinct([*left, *right])
        if operator == "&":
            return [f.text_of(left) + f.text_of(right)]
        if operator == "in":
            return [any(f.same(left[0], value) for value in right)] if left else []
        if operator == "contains":
            return [any(f.same(right[0], value) for value in left)] if right else []
        if operator in {"~", "!~"}:
            alike = f.equal(left, right)
            return [alike == (operator == "~")]
        if not left or not right:
            return []
        if operator in {"=", "!="}:
            return [f.equal(left, right) == (operator == "=")]
        if operator in f.ORDER:
            return f.compare(operator, left[0], right[0])
        return f.arithmetic(operator, left, right)

    def call(self, name: str, of: Values, arguments: tuple[Syntax, ...], focus: Values) -> Values:  # noqa: PLR0911
        self.spend(len(of))
        if name in _PER_ITEM:
            return self.per_item(name, of, arguments)
        if name == "iif":
            chosen = arguments[1] if truth(self.run(arguments[0], of)) else (*arguments, None)[2]
            return [] if chosen is None else self.run(chosen, of)
        if name == "now":
            return [self.now] if self.now else []
        if name == "today":
            return [f.local_day(self.now)] if f.local_day(self.now) else []
        if name == "descendants":
            return self.descendants(of)
        if name in f.PLAIN:
            return f.PLAIN[name](of)
        return f.WITH_ARGUMENTS[name](of, [self.run(argument, focus) for argument in arguments])

    def per_item(self, name: str, of: Values, arguments: tuple[Syntax, ...]) -> Values:
        if not arguments:  # exists()
            return [bool(of)]
        criterion = arguments[0]
        if name == "repeat":
            return self.repeat(of, criterion)
        results = [(value, self.run(criterion, [value])) for value in of]
        if name == "select":
            return [part for _, found in results for part in found]
        kept = [value for value, found in results if found and found[0] is True]
        match name:
            case "where":
                return kept
            case "exists":
                return [bool(kept)]
            case _:
                return [len(kept) == len(of)]

    def repeat(self, of: Values, criterion: Syntax) -> Values:
        found: Values = []
        queue = list(of)
        while queue:
            below = self.run(criterion, [queue.pop(0)])
            self.spend(len(below))
            found += below
            queue += below
        return found

    def descendants(self, of: Values) -> Values:
        found: Values = []
        queue = list(of)
        while queue:
            value = queue.pop(0)
            children = (
                [part for key in value for part in f.as_list(value[key])]
                if isinstance(value, Mapping)
                else []
            )
            self.spend(len(children))
            found += children
            queue += children
        return found
