"""The forms engine: pure functions over FHIR R4 Questionnaires and their responses; no database, clock or request."""

from encounters.forms.engine.assembly import assemble, canonical_of
from encounters.forms.engine.calculation import (
    arrange,
    calculate,
    carry_over,
    initial_response,
    keep_read_only,
    prune,
    refresh,
)
from encounters.forms.engine.definition import (
    Coding,
    Condition,
    Form,
    InvalidQuestionnaire,
    Item,
    Option,
    Quantity,
    Text,
)
from encounters.forms.engine.difference import Change, difference
from encounters.forms.engine.encoding import Decoded, decode, encode, next_row
from encounters.forms.engine.parsing import parse
from encounters.forms.engine.responses import Answer, Entry, Response, read_response, write_response
from encounters.forms.engine.tree import Node, Row, Tree, build
from encounters.forms.engine.validation import Problem, validate

__all__ = [
    "Answer",
    "Change",
    "Coding",
    "Condition",
    "Decoded",
    "Entry",
    "Form",
    "InvalidQuestionnaire",
    "Item",
    "Node",
    "Option",
    "Problem",
    "Quantity",
    "Response",
    "Row",
    "Text",
    "Tree",
    "arrange",
    "assemble",
    "build",
    "calculate",
    "canonical_of",
    "carry_over",
    "decode",
    "difference",
    "encode",
    "initial_response",
    "keep_read_only",
    "next_row",
    "parse",
    "prune",
    "read_response",
    "refresh",
    "validate",
    "write_response",
]
