"""The small vocabulary of an HL7 v2 message: separators, the explicit null, and escape sequences (2.5.1 §2.5, §2.7)."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from integrations.hl7v2.charset import read_bytes
from integrations.hl7v2.errors import Hl7Error


class Null(Enum):
    """`""` in a field: the sender deletes the value. An empty field (None here) changes nothing."""

    NULL = '""'


NULL: Final = Null.NULL

# None = nothing was sent; NULL = delete; text = the value.
Value = str | Null | None


@dataclass(frozen=True, slots=True)
class Separators:
    """MSH-1 and MSH-2 as read from the message; `escape` is empty when the sender names none."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent

    @classmethod
    def read(cls, msh: str) -> "Separators":
        """From the first line of a message. Raises Hl7Error("header") when they aren't usable."""
        if len(msh) < 8 or not msh.startswith("MSH"):
            raise Hl7Error("header", "The message doesn't start with an MSH segment.")
        return _separators(msh[3], msh[4:].split(msh[3], 1)[0])

    def without_nul(self) -> "Separators":
        """The stand-in for a lost escape character becomes "no escape character"."""
        return Separators(
            self.field, self.component, self.repetition, self.escape.replace("\x00", ""), self.subcomponent
        )


@lru_cache(maxsize=64)  # a neighbour's are always the same
def _separators(field: str, encoding: str) -> Separators:
    if encoding == "^~&":  # seen in the field: the backslash was lost in the sender's source code
        encoding = "^~\x00&"
    characters = (field + encoding)[:5]  # the fifth of 2.7, truncation, is of no use to us
    if len(characters) < 2 or len(set(characters)) != len(characters):
        raise Hl7Error("header", "MSH-1 and MSH-2 don't name distinct separators.")
    if any(c.isalnum() or c.isspace() or c == '"' for c in characters):
        raise Hl7Error("header", "MSH-1 or MSH-2 holds a letter, a digit or a blank.")
    defaults = "|^~\\&"
    full = characters + defaults[len(characters) :]
    if len(set(full)) != 5:
        raise Hl7Error("header", "MSH-2 is incomplete.")
    return Separators(*full).without_nul()


_LINE_COMMANDS = {".br": "\n", ".sp": "\n", ".ce": "\n"}
_SILENT_COMMANDS = {".fi", ".nf", ".in", ".ti", ".sk", "H", "N"}
_COMMAND = re.compile(r"(\.[a-z]{2})([+-]?\d{0,3})$")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)$")
# PostgreSQL refuses NUL in text, and no screen wants the other controls.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def unescape(text: str, separators: Separators, charset: str = "utf-8") -> str:
    """Decode the escape sequences of one leaf and normalise it to NFC; what isn't understood stays as it was sent."""
    escape = separators.escape
    is_escaped = bool(escape) and escape in text
    if not is_escaped and text.isascii() and text.isprintable():
        return text
    if is_escaped:
        pieces = text.split(escape)
        decoded = [pieces[0]]
        index = 1
        while index < len(pieces):
            meaning = None if index + 1 == len(pieces) else _meaning(pieces[index], separators, charset)
            if meaning is None:  # a lone backslash, or a private sequence (\Zxx\): keep it, nothing is lost
                decoded.append(escape + pieces[index])
                index += 1
            else:
                decoded.append(meaning + pieces[index + 1])
                index += 2
        text = "".join(decoded)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text))


def _meaning(sequence: str, separators: Separators, charset: str) -> str | None:
    """What stands between two escape characters, decoded; None when it is no sequence that we know."""
    single = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
    }
    if sequence in single:
        return single[sequence]
    if found := _HEX.match(sequence):
        return read_bytes(bytes.fromhex(found[1]), charset)
    if sequence in _SILENT_COMMANDS:
        return ""
    if found := _COMMAND.match(sequence):
        if line := _LINE_COMMANDS.get(found[1]):
            count = int(found[2]) if found[2].isdigit() else 1
            return line * min(count, 10)
        if found[1] in _SILENT_COMMANDS:
            return ""
    return None


@lru_cache(maxsize=16)
def _delimiters(separators: Separators) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(separators.field + separators.encoding_characters)}]")


def escape(value: Value, separators: Separators) -> str:
    """One leaf as it goes on the wire: delimiters and line ends can neither start a field nor a segment (S-29)."""
    if value is None:
        return ""
    if value is NULL:
        return '""'
    if value.isalnum():  # most are: no delimiter is a letter or a digit
        return value
    if value.isprintable() and not _delimiters(separators).search(value) and value != '""':
        return value
    if value == '""':  # two quotation marks that are meant as text
        return f"{separators.escape}X2222{separators.escape}"
    sequences = {
        separators.field: "F",
        separators.component: "S",
        separators.subcomponent: "T",
        separators.repetition: "R",
        separators.escape: "E",
        "\n": ".br",
    }
    marked = []
    for character in value.replace("\r\n", "\n").replace("\r", "\n"):
        if character in sequences:
            marked.append(f"{separators.escape}{sequences[character]}{separators.escape}")
        elif character < " " or character == "\x7f":
            marked.append(f"{separators.escape}X{ord(character):02X}{separators.escape}")
        else:
            marked.append(character)
    return "".join(marked)
