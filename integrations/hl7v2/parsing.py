"""Reading a message: bytes → segments → fields, with python-hl7 doing the splitting behind this one module.

Tolerant where partners differ (line ends, a missing last CR, blank lines, odd segments), strict about what could be
misread: the separators, the character set, the size.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import hl7

from integrations.hl7v2.charset import decode
from integrations.hl7v2.errors import Hl7Error
from integrations.hl7v2.values import NULL, Separators, Value, unescape

# A container object costs ~1 KB in python-hl7: bound them before it starts (S-35). A long base64 field is no problem.
MAX_SEPARATORS = 100_000
MAX_SEGMENTS = 10_000

_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{2}$")

# field → repetitions → components → subcomponents
Component = tuple[Value, ...]
Repetition = tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field, decoded. Missing parts read as None, so that a short message needs no special care."""

    repetitions: tuple[Repetition, ...] = ()

    @property
    def is_null(self) -> bool:
        """The whole field was sent as `""`."""
        return self.repetitions == (((NULL,),),)

    @property
    def is_empty(self) -> bool:
        """Nothing was sent."""
        return all(value is None for r in self.repetitions for c in r for value in c)

    def value(self, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> Value:
        """One leaf, all counted from 1; a null field is null in its first component only."""
        try:
            return self.repetitions[repetition - 1][component - 1][subcomponent - 1]
        except IndexError:
            return None

    def text(self, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """The same as text; "" where nothing or null was sent."""
        value = self.value(component, subcomponent, repetition)
        return value if isinstance(value, str) else ""

    def each(self) -> Iterator["Field"]:
        """One Field for each repetition that says something."""
        for repetition in self.repetitions:
            single = Field((repetition,))
            if not single.is_empty:
                yield single


@dataclass(frozen=True, slots=True)
class Segment:
    """A line of the message; `fields[0]` is field 1."""

    name: str
    fields: tuple[Field, ...]

    def __getitem__(self, number: int) -> Field:
        return self.fields[number - 1] if 0 < number <= len(self.fields) else Field()


@dataclass(frozen=True, slots=True)
class Hl7Message:
    """A parsed message. `odd_lines` are lines that aren't segments: shown to a person, used for nothing."""

    separators: Separators
    charset: str
    segments: tuple[Segment, ...]
    odd_lines: tuple[str, ...] = ()

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment:
        """The first one, or an empty segment."""
        return next((s for s in self.segments if s.name == name), Segment(name, ()))


def split_lines(text: str) -> list[str]:
    """The segments' lines.

    CR ends a segment. CR LF is taken for CR, and LF for CR only where the message has no CR at all: else a line feed
    inside a name would make a second segment.
    """
    text = text.replace("\r\n", "\r")
    if "\r" not in text.rstrip("\r\n"):
        text = text.replace("\n", "\r")
    return [stripped for line in text.split("\r") if (stripped := line.strip("\n\x0b\x1c")).strip()]


def parse(raw: bytes, *, charset: str = "") -> Hl7Message:
    """Read a whole message; `charset` is the channel's override. Raises Hl7Error with the reason's code."""
    text, used = decode(raw, declared=_declared_charset(raw), override=charset)
    lines = split_lines(text.lstrip("\ufeff \t\r\n\x0b"))
    if not lines:
        raise Hl7Error("header", "The message is empty.")
    separators = Separators.read(lines[0])
    whole = [lines[0]]
    odd: list[str] = []
    for line in lines[1:]:
        # A segment is three capitals or digits, then the separator (or nothing at all: an empty segment).
        is_segment = _SEGMENT_ID.match(line[:3]) and line[3:4] in {separators.field, ""}
        (whole if is_segment else odd).append(line)
    if len(whole) > MAX_SEGMENTS or sum(map(text.count, "|^~&")) > MAX_SEPARATORS:
        raise Hl7Error("too_complex", "The message has too many segments or fields.")
    if sum(line.startswith("MSH") for line in whole) > 1:
        raise Hl7Error("header", "There is more than one MSH segment: a batch isn't one message.")
    return Hl7Message(separators, used, tuple(_segments(whole, separators, used)), tuple(odd))


def _declared_charset(raw: bytes) -> str:
    """MSH-18, first repetition, from the undecoded first line."""
    try:
        line = re.split(rb"[\r\n]", raw.lstrip(b"\xef\xbb\xbf \t\r\n\x0b"), maxsplit=1)[0].decode("latin-1")
        separators = Separators.read(line)
    except Hl7Error:
        return ""
    fields = line.split(separators.field)
    return fields[17].split(separators.repetition)[0] if len(fields) > 17 else ""


def _segments(lines: list[str], separators: Separators, charset: str) -> Iterator[Segment]:
    """Let python-hl7 split the lines; the header goes in with all five separators spelled out."""
    field = separators.field
    encoding = Separators(
        field,
        separators.component,
        separators.repetition,
        separators.escape or "\x00",
        separators.subcomponent,
    )
    rest = lines[0][4:].split(field, 1)
    header = f"MSH{field}{encoding.encoding_characters}{field}{rest[1] if len(rest) > 1 else ''}"
    try:
        parsed = hl7.parse("\r".join([header, *lines[1:]]))
    except (hl7.HL7Exception, IndexError, ValueError) as error:
        raise Hl7Error("structure", "The message's structure can't be read.") from error
    for number, segment in enumerate(parsed):
        name = str(segment[0])
        fields = [_field(part, separators, charset) for part in segment[1:]]
        if number == 0:  # MSH-1 and MSH-2 are the separators themselves, never escaped text
            fields[:2] = [_literal(separators.field), _literal(separators.encoding_characters)]
        yield Segment(name, tuple(fields))


def _literal(text: str) -> Field:
    return Field((((text,),),))


def _field(part: object, separators: Separators, charset: str) -> Field:
    """A python-hl7 field, whose depth follows what was sent, as our four even levels."""

    def leaf(text: object) -> Value:
        raw = str(text)
        if raw == '""':
            return NULL
        return unescape(raw, separators, charset).strip() or None

    def component(node: object) -> Component:
        return tuple(map(leaf, node)) if isinstance(node, list) else (leaf(node),)

    def repetition(node: object) -> Repetition:
        return tuple(map(component, node)) if isinstance(node, list) else (component(node),)

    repetitions = part if isinstance(part, list) else [part]
    return Field(tuple(map(repetition, repetitions)))
