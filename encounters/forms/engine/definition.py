"""What a form is: dataclasses parsed from one FHIR R4 Questionnaire (hl7.org/fhir/R4/questionnaire.html)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

from encounters.forms.engine.expressions import Expression

ItemType = Literal[
    "group",
    "display",
    "boolean",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "text",
    "url",
    "choice",
    "open-choice",
    "quantity",
]


@dataclass(frozen=True, slots=True)
class Coding:
    """A code, the system that it is from, and the words a person reads (FHIR Coding)."""

    code: str
    system: str = ""
    display: str = ""
    version: str = ""

    @property
    def token(self) -> str:
        """`system|code`, as FHIR searches write it."""
        return f"{self.system}|{self.code}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit (FHIR Quantity); `unit.code` is UCUM where the system says so."""

    value: Decimal
    unit: Coding | None = None


Value = bool | int | Decimal | str | Coding | Quantity


@dataclass(frozen=True, slots=True)
class Text:
    """Words in the form's own language with translations: `text.in_language("en")`."""

    text: str = ""
    translations: tuple[tuple[str, str], ...] = ()

    def in_language(self, language: str) -> str:
        """The words in that language, or else in the form's own; an exact match before a kindred one (en for en-GB)."""
        found = dict(self.translations)
        return found.get(language) or found.get(language.split("-", maxsplit=1)[0]) or self.text

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Option:
    """One permitted answer of a choice. `kind` is the suffix of FHIR's value[x] (Coding, String, Integer, Date, Time)."""

    kind: str
    value: Value
    label: Text
    prefix: str = ""
    exclusive: bool = False
    selected: bool = False

    @property
    def key(self) -> str:
        """What a form field posts for this option."""
        return self.value.token if isinstance(self.value, Coding) else str(self.value)


@dataclass(frozen=True, slots=True)
class Condition:
    """One enableWhen: the answers of `question` compared with `value`; `exists` compares with a boolean."""

    question: str
    operator: Literal["exists", "=", "!=", ">", "<", ">=", "<="]
    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class PrintHints:
    """How paper shows an item (our extension urn:benhanmo:questionnaire-print); screens ignore it.

    layout  of a question: line (beside its neighbours), block (own paragraph), bare (without its label);
            of a group: line (its items follow its label), table (repetitions as rows), matrix (its groups as rows),
            table-total (its items as one row), diagnosis (code and words on one line), columns (its items side by side)
    width   share of the line in twelfths; 12 is a whole line
    boxes   number of digit boxes after the answer for its code; 0 is none
    lines   dotted lines left when there is no answer
    """

    layout: str = ""
    width: int = 12
    boxes: int = 0
    lines: int = 1
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule across answers (FHIR questionnaire-constraint): broken where `expression` is false, `human` says so.

    `severity`: an error stops the form, a warning may be overruled with a reason.
    """

    key: str
    severity: Literal["error", "warning"]
    expression: Expression
    human: Text


@dataclass(frozen=True, slots=True)
class Item:
    """One group, question or display of a form."""

    link_id: str
    type: ItemType
    text: Text = Text()
    prefix: str = ""
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    max_length: int | None = None
    min_length: int | None = None
    min_occurs: int | None = None
    max_occurs: int | None = None
    decimals: int | None = None
    minimum: Value | None = None
    maximum: Value | None = None
    pattern: str = ""
    options: tuple[Option, ...] = ()
    value_set: str = ""
    conditions: tuple[Condition, ...] = ()
    any_condition: bool = False
    enable_expression: Expression | None = None
    initial: tuple[tuple[str, Value], ...] = ()
    initial_expression: Expression | None = None
    calculated: Expression | None = None
    row_name: str = ""
    rows_expression: Expression | None = None
    variables: tuple[tuple[str, Expression], ...] = ()
    units: tuple[Coding, ...] = ()
    codes: tuple[Coding, ...] = ()
    control: str = ""
    category: str = ""
    placeholder: Text = Text()
    help: Text = Text()
    search: str = ""
    hidden: bool = False
    section: str = ""
    drawing: str = ""
    constraints: tuple[Constraint, ...] = ()
    paper: PrintHints = PrintHints()
    is_unchecked: bool = False
    items: tuple["Item", ...] = ()

    @property
    def is_question(self) -> bool:
        return self.type not in {"group", "display"}

    def walk(self) -> Iterator["Item"]:
        """This item and all below it, in the order of the form."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True)
class Form:
    """A parsed Questionnaire; immutable, safe to share between threads.

    `authors` is the right that who writes it needs ("" is the doctors'), `signers` are (whose place, in what capacity)
    pairs as paper has them, `group` the heading in the menu of new documents.

    `notes` says what the engine leaves aside (extensions it doesn't know), for whoever imports a foreign form.
    `is_unchecked`, of the form or of an item: nobody has yet compared it with the official form.
    """

    url: str
    version: str
    code: str
    status: str
    title: Text
    language: str
    items: tuple[Item, ...]
    variables: tuple[tuple[str, Expression], ...] = ()
    notes: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    authors: str = ""
    signers: tuple[tuple[str, str], ...] = ()
    group: Option | None = None
    paper: PrintHints = field(default_factory=PrintHints)
    is_unchecked: bool = False

    @property
    def canonical(self) -> str:
        """`url|version`, as a response names its form."""
        return f"{self.url}|{self.version}" if self.version else self.url

    def walk(self) -> Iterator[Item]:
        for item in self.items:
            yield from item.walk()

    @cached_property
    def by_link_id(self) -> dict[str, Item]:
        return {item.link_id: item for item in self.walk()}

    @cached_property
    def repeaters(self) -> dict[str, tuple[str, ...]]:
        """For each linkId, the linkIds of the repeating items above it, outermost first."""
        found: dict[str, tuple[str, ...]] = {}

        def visit(item: Item, above: tuple[str, ...]) -> None:
            found[item.link_id] = above
            below = (*above, item.link_id) if item.repeats else above
            for child in item.items:
                visit(child, below)

        for item in self.items:
            visit(item, ())
        return found

    @property
    def unchecked(self) -> list[Text]:
        """The words of what nobody has yet compared with the official form: the title when that is all of it."""
        return [self.title] if self.is_unchecked else [item.text for item in self.walk() if item.is_unchecked]

    @cached_property
    def has_expressions(self) -> bool:
        return any(item.calculated or item.enable_expression for item in self.walk())


class InvalidQuestionnaire(ValueError):
    """The resource is not a Questionnaire that the engine can show; `problems` are (place, what is wrong) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{place}: {what}" for place, what in problems))
