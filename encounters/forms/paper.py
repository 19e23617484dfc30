"""A form with answers as paper shows it: the ministry's numbering, dotted lines, ticks and digit boxes.

One layout engine for every form; what a form wants of it its resource says (extension urn:benhanmo:questionnaire-print).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from encounters.forms.engine import Answer, Coding, Form, Item, Node, Response, Row, typed
from encounters.forms.engine.calculation import prune
from encounters.forms.engine.drawing import polylines
from encounters.forms.engine.tree import blank_row, build
from encounters.forms.engine.values import show_value

MANY = 16  # a longer list of choices is not printed whole: only the choice made


_ON_A_LINE = frozenset({"line", "choice", "ticks", "tick"})


@dataclass(slots=True)
class Mark:
    """A printed choice: its number, its words, whether it is the one."""

    number: str
    label: str
    is_on: bool


@dataclass(slots=True)
class PaperItem:
    """One item as printed. `template` is the fragment in templates/encounters/forms/print/ that draws it."""

    item: Item
    label: str
    template: str
    value: str = ""
    unit: str = ""
    boxes: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    items: list["PaperItem"] = field(default_factory=list)
    rows: list[list["PaperItem"]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    keeps_widths: bool = False  # of a table whose columns' widths fit side by side; others find their own
    lines_drawn: list[str] = field(default_factory=list)
    content: str = ""
    level: int = 1
    is_printed: bool = True

    @property
    def prefix(self) -> str:
        return "" if self.item.prefix == "+" else self.item.prefix

    @property
    def is_bullet(self) -> bool:
        return self.item.prefix == "+"

    @property
    def width(self) -> int:
        return self.item.paper.width

    @property
    def is_line(self) -> bool:
        """Stands beside its neighbours on a line, as far as the widths allow."""
        return self.template in _ON_A_LINE and not self.items

    @property
    def is_boxed(self) -> bool:
        """The answer stands in its boxes alone: a day, a number; words with a code beside them don't."""
        return bool(self.boxes) and not self.item.value_set and not self.item.options

    @property
    def lines(self) -> list[list["PaperItem"]]:
        """What stands below, as lines of items side by side; several rows one after another."""
        return [line for row in self.rows for line in lines_of(row)]

    @property
    def item_lines(self) -> list[list["PaperItem"]]:
        return lines_of(self.items)

    @property
    def blank_lines(self) -> range:
        return range(max(self.item.paper.lines, 1))

    @property
    def chosen(self) -> str:
        """The numbers of the choices made, as written into the box."""
        return ",".join(mark.number for mark in self.marks if mark.is_on)


def lines_of(items: list[PaperItem]) -> list[list[PaperItem]]:
    """Items put on lines: as many beside each other as fit in twelve twelfths, anything larger by itself."""
    found: list[list[PaperItem]] = []
    room = 0
    for item in items:
        if item.is_line and item.width <= room:
            found[-1].append(item)
            room -= item.width
        else:
            found.append([item])
            room = 12 - item.width if item.is_line else 0
    return found


def print_body(
    form: Form,
    response: Response,
    *,
    language: str = "vi",
    sections: Mapping[str, str] | None = None,
    now: str = "",
) -> SafeString:
    """The form's body as HTML for the stylesheet static/print/questionnaire.css; no heading, no signatures.

    `sections` are the (safe) fragments of other rooms by name. The same arguments give the same bytes.
    """
    items = _paper(form, response, language, sections or {}, now)
    html = render_to_string(
        "encounters/forms/print/_body.html", {"lines": lines_of(items), "language": language}
    )
    return mark_safe(html)  # noqa: S308 - a rendered template


def print_parts(
    form: Form,
    response: Response,
    *,
    language: str = "vi",
    sections: Mapping[str, str] | None = None,
    now: str = "",
) -> dict[str, SafeString]:
    """The columns of a form laid out in columns, by linkId, each without its heading: for composing one long sheet of
    many entries, as 36/BV2 is."""
    found: dict[str, SafeString] = {}
    for item in _paper(form, response, language, sections or {}, now):
        if item.template == "columns":
            for column in item.items:
                html = render_to_string("encounters/forms/print/_column.html", {"item": column})
                found[column.item.link_id] = mark_safe(html)  # noqa: S308 - a rendered template
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form laid out in columns; `width` in twelfths."""

    link_id: str
    label: str
    width: int


def columns_of(form: Form, *, language: str = "vi") -> list[Column]:
    """The columns whose contents `print_parts` gives, in order."""
    found = (item for item in form.items if item.paper.layout == "columns")
    return [
        Column(column.link_id, column.text.in_language(language), column.paper.width)
        for item in found
        for column in item.items
    ]


def _paper(
    form: Form, response: Response, language: str, sections: Mapping[str, str], now: str
) -> list[PaperItem]:
    tree = build(form, prune(form, response, now=now))
    writer = _Writer(language, sections)
    return writer.items(tree.nodes, 1)


class _Writer:
    def __init__(self, language: str, sections: Mapping[str, str]) -> None:
        self.language = language
        self.sections = sections

    def items(self, nodes: Iterable[Node], level: int) -> list[PaperItem]:
        found = (
            self.item(node, level) for node in nodes if not node.item.paper.hidden and not node.item.hidden
        )
        return [item for item in found if item.is_printed]

    def item(self, node: Node, level: int) -> PaperItem:
        item = node.item
        found = PaperItem(item, item.text.in_language(self.language), "line", level=level)
        if item.type == "display":
            found.template = "display"
        elif item.section:
            found.template, found.content = "section", self.sections.get(item.section, "")
        elif item.type == "group":
            self.group(found, node, level)
        else:
            self.question(found, node, level)
        return found

    # -- groups -------------------------------------------------------------------------------------------------------

    def group(self, found: PaperItem, node: Node, level: int) -> None:
        layout = node.item.paper.layout
        match layout:
            case "table":
                self.table(found, node, level)
            case "matrix":
                self.matrix(found, node, level)
            case "table-total":
                found.template, found.items = "total", self.items(node.rows[0].nodes, level + 1)
            case "diagnosis":
                self.diagnosis(found, node)
            case "columns":
                found.template, found.items = "columns", self.items(node.rows[0].nodes, level + 1)
            case _:
                found.template = "inline" if layout == "line" else "group"
                rows = node.rows or [blank_row(node.item, (*node.above, 0))]
                found.rows = [self.items(row.nodes, level + 1) for row in rows]
                found.is_printed = any(found.rows)

    def table(self, found: PaperItem, node: Node, level: int) -> None:
        rows = list(node.rows)
        while len(rows) < max(node.item.paper.lines, 1):
            rows.append(blank_row(node.item, (*node.above, len(rows))))
        found.template = "table"
        found.rows = [self.items(row.nodes, level + 1) for row in rows]
        found.keeps_widths = sum(cell.width for cell in found.rows[0] if cell.width < 12) <= 12
        found.is_printed = node.has_content or node.item.paper.lines > 0

    def matrix(self, found: PaperItem, node: Node, level: int) -> None:
        found.template = "matrix"
        found.items = self.items(node.rows[0].nodes, level + 1)
        first = found.items[0].rows[0] if found.items and found.items[0].rows else []
        found.columns = [self.with_unit(item) for item in first]

    def with_unit(self, item: PaperItem) -> str:
        return f"{item.label} ({item.unit})" if item.unit else item.label

    def diagnosis(self, found: PaperItem, node: Node) -> None:
        """Code and words of each diagnosis on a line: what the doctor wrote, or the catalogue's title; then the code."""
        found.template = "diagnosis"
        code, text = node.item.items[0], node.item.items[1]
        rows = [row for row in node.rows if any(child.has_content for child in row.nodes)]
        for answers in [_by_link(row) for row in rows] or [{}]:
            coded, words = answers.get(code.link_id), answers.get(text.link_id)
            title = (
                show_value(coded.value, coded.kind, language=self.language) if coded and coded.value else ""
            )
            written = str(words.value or words.typed) if words else ""
            line = PaperItem(code, found.label if not found.rows else "", "diagnosis")
            line.value = written or title
            line.boxes = code_boxes(coded.value if coded else None, code.paper.boxes)
            if not code.paper.boxes and coded and isinstance(coded.value, Coding):
                line.value = f"{line.value} ({coded.value.code})"
            found.rows.append([line])
        found.is_printed = bool(rows) or bool(code.paper.boxes)

    # -- questions ----------------------------------------------------------------------------------------------------

    def question(self, found: PaperItem, node: Node, level: int) -> None:
        item, answers = node.item, node.answers
        found.unit = item.units[0].display or item.units[0].code if len(item.units) == 1 else ""
        found.value = "; ".join(self.shown(answer) for answer in answers)
        found.template = {"block": "block", "bare": "bare"}.get(item.paper.layout, "line")
        first = answers[0].value if answers else None
        if item.type == "boolean" and item.control == "check-box":
            found.template, found.marks = "tick", [Mark("", found.label, first is True)]
        elif item.type == "boolean":
            yes_no = [("1", "Có", "Yes", True), ("2", "Không", "No", False)]
            found.template, found.value = "choice", ""
            found.marks = [
                Mark(number, vi if self.language == "vi" else en, bool(answers) and first is value)
                for number, vi, en, value in yes_no
            ]
        elif item.drawing:
            found.template, found.lines_drawn = "drawing", polylines(found.value)
        elif item.options and len(item.options) <= MANY:
            self.choice(found, item, answers)
        elif item.paper.boxes:
            found.boxes = boxes_for(item, first)
        found.items = self.items([child for row in node.rows for child in row.nodes], level + 1)
        found.is_printed = bool(answers) or item.paper.lines > 0 or bool(found.items)

    def choice(self, found: PaperItem, item: Item, answers: list[Answer]) -> None:
        given = [(answer.kind, answer.value) for answer in answers]
        found.template = "ticks" if item.repeats else "choice"
        found.marks = [
            Mark(
                option.prefix or str(number),
                option.label.in_language(self.language),
                (option.kind, option.value) in given,
            )
            for number, option in enumerate(item.options, start=1)
        ]
        others = [
            answer
            for answer in answers
            if (answer.kind, answer.value) not in {(o.kind, o.value) for o in item.options}
        ]
        found.value = "; ".join(self.shown(answer) for answer in others)

    def shown(self, answer: Answer) -> str:
        if answer.value is None:
            return answer.typed
        if answer.kind == "DateTime" and self.language == "vi":
            return clock_words(str(answer.value))
        return show_value(answer.value, answer.kind, language=self.language)


def _by_link(row: Row) -> dict[str, Answer]:
    return {node.item.link_id: node.answers[0] for node in row.nodes if node.answers}


def clock_words(instant: str) -> str:
    """`14 giờ 30 phút, ngày 22/11/2026`, as forms here are worded; a date alone stays a date."""
    day, _, clock = typed.show_instant(instant).partition(" ")
    hour, _, minute = clock.partition(":")
    return f"{hour} giờ {minute[:2]} phút, ngày {day}" if clock else day


def code_boxes(value: object, count: int) -> list[str]:
    """The letters and digits of a code, one a box; the dot has no box, as on the ministry's forms."""
    code = value.code.replace(".", "") if isinstance(value, Coding) else ""
    return list(code.ljust(count)) if count else []


def boxes_for(item: Item, value: object) -> list[str]:
    """What stands in an answer's boxes: a code, a day as ddmmyyyy, a number filled up with zeros, or plain letters."""
    count = item.paper.boxes
    if isinstance(value, Coding):
        return code_boxes(value, count)
    if item.type == "date":
        parts = str(value).split("-") if value else []
        year, month, day = (*parts, "", "", "")[:3]
        return list(f"{day:>2}{month:>2}{year:>4}")
    if value is None:
        return [" "] * count
    text = str(value)
    return list(text.rjust(count, "0") if item.type == "integer" else text.ljust(count))
