"""Another program's judgement of our HL7: hl7apy's tables of v2.5.1, in its strict mode.

Each segment's fields, data types, repetitions and required fields are judged by hl7apy itself; the order of the segments by
the grammar that its tables give for the message's structure. (Its own search for groups puts the TQ1 of an RDE^O11 into the
first group that could take one, and the RXO of an ORM^O01 nowhere.)
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hl7apy.consts
import hl7apy.parser
from hl7apy.v2_5_1 import MESSAGES

from tests.integrations.neighbour import Behaviour, Neighbour, accepts, listening_neighbour

STRICT = hl7apy.consts.VALIDATION_LEVEL.STRICT


def judge(raw: bytes) -> None:
    """Raises hl7apy's own exceptions, or AssertionError, for what isn't HL7 v2.5.1 to the letter."""
    text = raw.decode()
    assert text.endswith("\r"), "the last segment isn't ended"
    lines = text.removesuffix("\r").split("\r")
    for line in lines:
        # Of an encapsulated file it would take no more than 199 characters; what it says is no matter of grammar.
        short = re.sub(r"\^Base64\^[A-Za-z0-9+/]+=*", "^Base64^JVBERi0=", line)
        assert hl7apy.parser.parse_segment(short, version="2.5.1", validation_level=STRICT).validate()
    structure = lines[0].split("|")[8].split("^")[-1]
    names = "".join(f"{line[:3]} " for line in lines)
    assert re.fullmatch(_grammar(MESSAGES[structure]), names), f"{structure}: {names}"


def _grammar(group: tuple[str, tuple[Any, ...]]) -> str:
    """A pattern for the names of the segments of a message, or of a group in it."""
    kind, parts = group
    return ("|" if kind == "choice" else "").join(_part(*part) for part in parts)


def _part(name: str, inside: Any, times: tuple[int, int], kind: str) -> str:
    least, most = times  # -1: no limit
    what = f"{name} " if kind == "SEG" else _grammar(inside)
    return f"(?:{what}){{{least},{'' if most < 0 else most}}}"


@contextmanager
def strict_neighbour(behaviour: Behaviour = accepts) -> Iterator[Neighbour]:
    """A neighbour for the length of a test, which holds everything that it was sent to the letter."""
    with listening_neighbour(behaviour) as neighbour:
        yield neighbour
        for raw in neighbour.received:
            judge(raw)
