"""A small, safe subset of FHIRPath (hl7.org/fhirpath/N1): enough for sums, scores, dates and prefilling.

Why our own: a form is data that may come from anywhere, so what it may ask of the server is bounded here (length, depth,
steps), it can reach nothing but the JSON handed to it, and an unknown function is refused when the form is loaded.
Beyond the subset one function is ours, until FHIRPath settles its own: `a.difference(b, 'days')`, calendar days in
Viet Nam's time from a to b.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

MAX_LENGTH = 2000
MAX_DEPTH = 40


class ExpressionError(ValueError):
    """The text is not an expression of the subset; says where."""


@dataclass(frozen=True, slots=True)
class Literal:
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class This:
    pass


@dataclass(frozen=True, slots=True)
class Member:
    of: "Syntax | None"
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    of: "Syntax"
    at: "Syntax"


@dataclass(frozen=True, slots=True)
class Call:
    of: "Syntax | None"
    name: str
    arguments: tuple["Syntax", ...]


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Syntax"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Syntax"
    right: "Syntax"


Syntax = Literal | Variable | This | Member | Index | Call | Unary | Binary


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; equal when written alike."""

    source: str
    syntax: Syntax

    def variables(self) -> set[str]:
        return {part.name for part in _parts(self.syntax) if isinstance(part, Variable)}

    def paths(self) -> set[str]:
        """`name.member` for each variable and the member first taken of it: what a form asks its providers for."""
        found = set()
        for part in _parts(self.syntax):
            if isinstance(part, Member) and isinstance(part.of, Variable):
                found.add(f"{part.of.name}.{part.name}")
        return found

    def link_ids(self) -> set[str]:
        """The texts compared with `linkId`: the questions whose answers this expression reads."""
        return {
            str(side.values[0])
            for part in _parts(self.syntax)
            if isinstance(part, Binary) and part.operator == "="
            for name, side in ((part.left, part.right), (part.right, part.left))
            if isinstance(name, Member)
            and name.name == "linkId"
            and isinstance(side, Literal)
            and side.values
        }


def _parts(syntax: Syntax | None) -> Iterator[Syntax]:
    if syntax is None:
        return
    yield syntax
    match syntax:
        case Member(of=of):
            yield from _parts(of)
        case Index(of=of, at=at):
            yield from _parts(of)
            yield from _parts(at)
        case Call(of=of, arguments=arguments):
            yield from _parts(of)
            for argument in arguments:
                yield from _parts(argument)
        case Unary(operand=operand):
            yield from _parts(operand)
        case Binary(left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)


# name: (fewest arguments, most arguments)
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "where": (1, 1),
    "select": (1, 1),
    "all": (1, 1),
    "exists": (0, 1),
    "empty": (0, 0),
    "not": (0, 0),
    "hasValue": (0, 0),
    "first": (0, 0),
    "last": (0, 0),
    "single": (0, 0),
    "count": (0, 0),
    "distinct": (0, 0),
    "sum": (0, 0),
    "min": (0, 0),
    "max": (0, 0),
    "avg": (0, 0),
    "descendants": (0, 0),
    "repeat": (1, 1),
    "iif": (2, 3),
    "round": (0, 1),
    "abs": (0, 0),
    "floor": (0, 0),
    "ceiling": (0, 0),
    "power": (1, 1),
    "sqrt": (0, 0),
    "toString": (0, 0),
    "toInteger": (0, 0),
    "toDecimal": (0, 0),
    "join": (0, 1),
    "contains": (1, 1),
    "startsWith": (1, 1),
    "endsWith": (1, 1),
    "length": (0, 0),
    "upper": (0, 0),
    "lower": (0, 0),
    "substring": (1, 2),
    "today": (0, 0),
    "now": (0, 0),
    "difference": (2, 2),
}

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)
      |(?P<text>'(?:[^'\\]|\\.)*')
      |(?P<moment>@[\dT:.Z+-]+)
      |(?P<variable>%(?:[A-Za-z_][\w-]*|'[^']*'|`[^`]*`))
      |(?P<word>[A-Za-z_]\w*|`[^`]+`)
      |(?P<this>\$this)
      |(?P<sign><=|>=|!=|!~|[-+*/&=~<>()\[\],.|{}]))""",
    re.VERBOSE,
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "!=", "~", "!~"),
    ("<", ">", "<=", ">="),
    ("|",),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def compile_expression(source: str) -> Expression:
    """Parse an expression, or raise ExpressionError with the place where it stops being one of the subset."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    parser = _Parser(source)
    syntax = parser.binary(0)
    if parser.peek() != "":
        raise ExpressionError(f"unexpected {parser.peek()!r}")
    return Expression(source, syntax)


class _Parser:
    """Recursive descent over the tokens; each level of `_LEVELS` binds tighter than the one before."""

    def __init__(self, source: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.depth = 0
        place = 0
        source = source.rstrip()
        while place < len(source):
            match = _TOKEN.match(source, place)
            if not match or match.lastgroup is None:
                raise ExpressionError(
                    f"not understood at character {place + 1}: {source[place : place + 20]!r}"
                )
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        found = self.peek()
        if found == "" or (wanted and found not in wanted):
            raise ExpressionError(f"expected {' or '.join(wanted) or 'more'}, found {found or 'the end'!r}")
        self.at += 1
        return found

    def binary(self, level: int) -> Syntax:
        if level == len(_LEVELS):
            return self.unary()
        self.depth += level == 0
        if self.depth > MAX_DEPTH:
            raise ExpressionError("nested too deeply")
        left = self.binary(level + 1)
        while self.peek() in _LEVELS[level] and self.tokens[self.at][0] in {"sign", "word"}:
            left = Binary(self.take(), left, self.binary(level + 1))
        self.depth -= level == 0
        return left

    def unary(self) -> Syntax:
        if self.peek() in {"-", "+"}:
            sign = self.take()
            return Unary(sign, self.unary())
        return self.path()

    def path(self) -> Syntax:
        found = self.term()
        while self.peek() in {".", "["}:
            if self.take() == "[":
                found = Index(found, self.binary(0))
                self.take("]")
                continue
            found = self.name(found)
        return found

    def term(self) -> Syntax:  # noqa: PLR0911 - one for each kind of token
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "word" and text not in {"true", "false"}:
            return self.name(None)
        if text in {"(", "{"}:
            return self.bracket()
        if kind in {"", "sign"}:
            raise ExpressionError(f"unexpected {text or 'end'!r}")
        self.take()
        match kind:
            case "number":
                return Literal((Decimal(text),))
            case "text":
                return Literal(
                    (re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1]),)
                )
            case "moment":
                return Literal((text[1:].removesuffix("T"),))
            case "variable":
                return Variable(text[1:].strip("'`"))
            case "this":
                return This()
            case _:
                return Literal((text == "true",))

    def bracket(self) -> Syntax:
        if self.take() == "{":
            self.take("}")
            return Literal(())
        inside = self.binary(0)
        self.take(")")
        return inside

    def name(self, of: Syntax | None) -> Syntax:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "this" and of is None:
            self.take()
            return This()
        if kind != "word":
            raise ExpressionError(f"expected a name, found {word or 'the end'!r}")
        self.take()
        if self.peek() != "(":
            return Member(of, word.strip("`"))
        self.take("(")
        arguments: list[Syntax] = []
        while self.peek() != ")":
            arguments.append(self.binary(0))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        if word == "ofType":  # answers already carry their type in value[x]
            return of if of is not None else This()
        fewest, most = FUNCTIONS.get(word, (-1, -1))
        if fewest < 0:
            raise ExpressionError(f"unknown function {word}()")
        if not fewest <= len(arguments) <= most:
            raise ExpressionError(f"{word}() takes {fewest} to {most} arguments, not {len(arguments)}")
        return Call(of, word, tuple(arguments))
