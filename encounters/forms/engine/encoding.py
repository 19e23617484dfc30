"""A response as form fields and back. `decode(encode(r)) == r` for every response without empty answers or rows.

The name of a field is the path of an answer (`tree.path_of`), with a part after a further slash where one answer needs
several fields:

  a/<linkId>/<rows>            the value as people type it, the chosen option's key, or the code found by search
  a/<linkId>/<rows>/other      free text beside options (open-choice)
  a/<linkId>/<rows>/shown      text in the search box of a coded answer
  a/<linkId>/<rows>/chosen     the words that belong to the code chosen; when `shown` differs, the code is out of date
  a/<linkId>/<rows>/version    version of the code system, where the answer has one
  a/<linkId>/<rows>/unit       key of a quantity's unit

Numbers of rows may have gaps (a row was taken away in the browser); rows without any content vanish. What can't be read
as the type of its item is kept as typed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from encounters.forms.engine import typed
from encounters.forms.engine.definition import Coding, Form, Item, Quantity, Value
from encounters.forms.engine.responses import Answer, Entry, Response, new_response
from encounters.forms.engine.tree import PREFIX, Node, build, path_of
from encounters.forms.engine.vocabulary import KINDS, system_of

Fields = dict[str, list[str]]
PARTS = frozenset({"", "other", "shown", "chosen", "version", "unit"})
_ROWS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})*")
MAX_ROWS = 500  # of one repeating item; a form posted with more was not made by our pages


@dataclass(frozen=True)
class Decoded:
    """The response in posted fields, and the names that the form doesn't know (of fields that look like answers)."""

    response: Response
    unknown: tuple[str, ...]


def encode(form: Form, response: Response) -> Fields:
    """The fields that a page with these answers would post, in the order of the form."""
    fields: Fields = {}
    for node in build(form, response).walk():
        for index, row in enumerate(node.rows):
            if row.answer is not None and not row.answer.is_empty:
                for part, text in parts_of(node.item, row.answer).items():
                    fields[f"{node.answer_path(index)}{f'/{part}' if part else ''}"] = [text]
    return fields


def parts_of(item: Item, answer: Answer) -> dict[str, str]:
    """The fields of one answer, by part."""
    value = answer.value
    if value is None:
        return {_typed_part(item): answer.typed}
    if option := next((o for o in item.options if (o.kind, o.value) == (answer.kind, value)), None):
        return {"": option.key}
    if isinstance(value, Coding):
        shown = value.display or value.code
        token = (
            value.code if value.system == system_of(item.value_set) and "|" not in value.code else value.token
        )
        parts = {"": token or value.token, "chosen": value.display, "shown": shown, "version": value.version}
        return {part: text for part, text in parts.items() if text or part == "chosen"}
    if isinstance(value, Quantity):
        number = typed.show_decimal(value.value)
        return {"": number, "unit": _unit_key(value.unit)} if value.unit else {"": number}
    if answer.kind == "String" and item.type == "open-choice":
        return {_typed_part(item): str(value)}
    return {"": _show(value, answer.kind)}


def _typed_part(item: Item) -> str:
    if item.type == "open-choice":
        return "other" if item.options else "shown"
    return "shown" if item.type == "choice" and not item.options else ""


def _show(value: Value, kind: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value) if isinstance(value, int) else typed.show_decimal(value)  # type: ignore[arg-type]
    shown = {"Date": typed.show_date, "DateTime": typed.show_instant, "Time": typed.show_time}.get(kind)
    read = {"Date": typed.read_date, "DateTime": typed.read_instant, "Time": typed.read_time}.get(kind)
    if shown is None or read is None:
        return value
    # Where the friendly form would lose something (another zone, fractions of a second), the exact one is shown.
    return shown(value) if read(shown(value)) == value else value


def _unit_key(unit: Coding) -> str:
    return "|".join(quote(part, safe="") for part in (unit.system, unit.code, unit.display))


# -- back ---------------------------------------------------------------------------------------------------------------


def decode(form: Form, data: Mapping[str, Sequence[str]]) -> Decoded:
    """The response in posted fields (a QueryDict's `lists()` as a mapping, or any mapping of names to lists)."""
    decoder = _Decoder(form)
    for name, texts in data.items():
        if name.startswith(PREFIX):
            decoder.take(name, list(texts))
    response = new_response(form)
    response.items = decoder.entries(form.items, ())
    return Decoded(response, tuple(decoder.unknown))


def next_row(form: Form, names: Iterable[str], item: Item, above: tuple[int, ...]) -> int:
    """The number after the last row of a repeating item among posted field names, empty fields included."""
    highest = -1
    depth = len(above)
    for name in names:
        pieces = name.removeprefix(PREFIX).split("/")
        link_id = unquote(pieces[0])
        if not name.startswith(PREFIX) or len(pieces) < 2 or not _ROWS.fullmatch(pieces[1]):
            continue
        rows = tuple(map(int, pieces[1].split(".")))
        inside = item.link_id == link_id or item.link_id in form.repeaters.get(link_id, ())
        if inside and len(rows) > depth and rows[:depth] == above:
            highest = max(highest, rows[depth])
    return highest + 1


@dataclass
class _Decoder:
    form: Form
    # (linkId, rows) → part → texts
    fields: dict[tuple[str, tuple[int, ...]], dict[str, list[str]]] = field(default_factory=dict)
    # linkId → rows of the items above → numbers of rows seen, of repeating groups and of questions
    rows: dict[str, dict[tuple[int, ...], set[int]]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def take(self, name: str, texts: list[str]) -> None:
        """File one posted field where its item will look for it."""
        pieces = name.removeprefix(PREFIX).split("/")
        link_id, rows_text, part = unquote(pieces[0]), *[*pieces[1:], "", ""][:2]
        item = self.form.by_link_id.get(link_id)
        if item is None or not item.is_question or len(pieces) > 3 or part not in PARTS:
            self.unknown.append(name)
            return
        above = self.form.repeaters[link_id]
        rows = tuple(map(int, rows_text.split("."))) if _ROWS.fullmatch(rows_text) else ()
        if len(rows) != len(above) + 1:
            self.unknown.append(name)
            return
        texts = [text.replace("\r\n", "\n") for text in texts]
        if not any(text.strip() for text in texts):
            return
        self.fields.setdefault((link_id, rows), {})[part] = texts
        for depth, ancestor in enumerate((*above, link_id)):
            self.rows.setdefault(ancestor, {}).setdefault(rows[:depth], set()).add(rows[depth])

    def numbers(self, link_id: str, above: tuple[int, ...]) -> list[int]:
        return sorted(self.rows.get(link_id, {}).get(above, ()))[:MAX_ROWS]

    def entries(self, items: tuple[Item, ...], above: tuple[int, ...]) -> list[Entry]:
        """The entries of these items within the rows `above` (numbered as posted)."""
        found: list[Entry] = []
        for item in items:
            if item.type == "group":
                places = [(*above, n) for n in self.numbers(item.link_id, above)] if item.repeats else [above]
                groups = [Entry(item.link_id, [], self.entries(item.items, place)) for place in places]
                found += [entry for entry in groups if entry.items]
            elif item.is_question and (answers := self.answers(item, above)):
                found.append(Entry(item.link_id, answers))
        return found

    def answers(self, item: Item, above: tuple[int, ...]) -> list[Answer]:
        found: list[Answer] = []
        for number in self.numbers(item.link_id, above):
            parts = self.fields.get((item.link_id, (*above, number)), {})
            read = read_answers(item, parts)
            if item.repeats and item.items:
                read = read or [Answer()]
                read[0].items = self.entries(item.items, (*above, number))
            found += [answer for answer in read if not answer.is_empty or answer.items]
        if item.items and not item.repeats and (below := self.entries(item.items, above)):
            found = found or [Answer()]
            found[0].items = below
        return found


def read_answers(item: Item, parts: Mapping[str, Sequence[str]]) -> list[Answer]:
    """The answers in the fields of one place: usually one; a code with free text beside it is two."""
    main = _last(parts, "")
    if item.type in {"choice", "open-choice"}:
        return _read_choice(item, parts, main)
    if not main.strip():
        return []
    if item.type == "quantity":
        return [_read_quantity(item, main, _last(parts, "unit"))]
    kind = KINDS[item.type][0]
    value = read_typed(kind, main)
    return [Answer(kind, value) if value is not None else Answer(typed=main)]


def _last(parts: Mapping[str, Sequence[str]], part: str) -> str:
    """The last text posted under a name: a checkbox comes after the hidden field that says it is empty."""
    texts = parts.get(part) or [""]
    return texts[-1]


def read_typed(kind: str, text: str) -> Value | None:
    """What a person typed as a value of that kind, or None when it is none."""
    read = _READERS.get(kind)
    return read(text) if read else text


_READERS: Mapping[str, Callable[[str], Value | None]] = {
    "Boolean": {"true": True, "false": False}.get,
    "Integer": typed.read_integer,
    "Decimal": typed.read_decimal,
    "Date": typed.read_date,
    "DateTime": typed.read_instant,
    "Time": typed.read_time,
}


def _read_choice(item: Item, parts: Mapping[str, Sequence[str]], main: str) -> list[Answer]:
    found: list[Answer] = []
    free = _last(parts, "other") if item.options else ""
    option = next((o for o in item.options if o.key == main), None)
    if option:
        found.append(Answer(option.kind, option.value))
    elif main and "chosen" in parts:
        return [*_read_searched(item, parts, main), *_free_text(item, free)]
    elif main:
        found.append(Answer(typed=main))
    elif not item.options:
        free = _last(parts, "shown")
    return found + _free_text(item, free)


def _read_searched(item: Item, parts: Mapping[str, Sequence[str]], token: str) -> list[Answer]:
    system, bar, code = token.rpartition("|")
    system = system if bar else system_of(item.value_set)
    display, shown = _last(parts, "chosen"), _last(parts, "shown")
    # Somebody typed on after choosing: the code no longer belongs to the words.
    if shown != (display or code):
        return _free_text(item, shown)
    return [Answer("Coding", Coding(code, system, display, _last(parts, "version")))]


def _free_text(item: Item, text: str) -> list[Answer]:
    if not text.strip():
        return []
    return [Answer("String", text) if item.type == "open-choice" else Answer(typed=text)]


def _read_quantity(item: Item, text: str, unit_key: str) -> Answer:
    number = typed.read_decimal(text)
    if number is None:
        return Answer(typed=text)
    pieces = [unquote(part) for part in unit_key.split("|")]
    unit = Coding(pieces[1], pieces[0], pieces[2]) if len(pieces) == 3 else None
    return Answer("Quantity", Quantity(number, unit))


def unit_key(unit: Coding) -> str:
    """What the field `unit` of a quantity posts for this unit."""
    return _unit_key(unit)


__all__ = [
    "Decoded",
    "Node",
    "decode",
    "encode",
    "next_row",
    "parts_of",
    "path_of",
    "read_answers",
    "read_typed",
    "unit_key",
]
