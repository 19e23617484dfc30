"""A catalogue's row on its way in, whatever file it came from."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from emr.terminology.models import Concept, Flag
from emr.terminology.text import search_text


@dataclass(frozen=True)
class Row:
    """What a file says of one code. None means that the file doesn't say: what is known already stays.

    `number` is the row's place in the file, from 1, as the person sees it in the spreadsheet.
    """

    number: int
    code: str
    display: str | None = None
    display_en: str | None = None
    parent_code: str | None = None
    aliases: str | None = None
    use_rank: int | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    flags: dict[Flag, bool] | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RowError:
    """Why a row can't be taken, for the person who has the file open. Row 0: the file as a whole."""

    row: int
    column: str
    message: str


def merged(row: Row, current: Concept | None) -> Concept:
    """The concept that the row describes, with what it leaves out taken from the present meaning; not saved."""
    known = dict(current.properties) if current else {}
    known.update(row.properties)
    if row.aliases is not None:
        known["aliases"] = row.aliases
    if row.display is not None and "untranslated" not in row.properties:
        known.pop("untranslated", None)
    for flag, is_set in (row.flags or {}).items():
        known[flag.value] = is_set
    properties = {key: value for key, value in known.items() if value not in ("", None, False)}
    concept = Concept(
        code=row.code,
        display=row.display if row.display is not None else (current.display if current else ""),
        display_en=row.display_en if row.display_en is not None else (current.display_en if current else ""),
        parent_code=row.parent_code
        if row.parent_code is not None
        else (current.parent_code if current else ""),
        valid_to=row.valid_to,
        properties=properties,
    )
    if row.use_rank is not None:
        concept.use_rank = row.use_rank
    elif current:
        concept.use_rank = current.use_rank
    concept.search_text = search_text(
        concept.code, concept.display, concept.display_en, str(properties.get("aliases", ""))
    )
    return concept


MEANING = ("display", "display_en", "parent_code", "properties", "use_rank", "search_text")


def same_meaning(one: Concept, other: Concept) -> bool:
    """Whether two rows of one code say the same, their days aside."""
    return all(getattr(one, name) == getattr(other, name) for name in MEANING)
