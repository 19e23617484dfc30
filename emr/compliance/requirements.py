"""What the law asks of electronic records, as data: `requirements.json`, in the words of the hospital's language.

A row's `basis` names text and article; its `strength` is "law" (law, decree or circular in force), "guidance" (the
ministry's technical guidance), "former" (repealed, and hospitals' rules still repeat it) or "product" (what the product
adds). Read from secondary sources: the hospital's lawyer or planning office confirms them.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

_FILE = Path(__file__).with_name("requirements.json")
STRENGTHS: dict[str, StrOrPromise] = {
    "law": pgettext_lazy("strength", "law"),
    "guidance": pgettext_lazy("strength", "guidance"),
    "former": pgettext_lazy("strength", "former rule"),
    "product": pgettext_lazy("strength", "good practice"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: its id (R-24), chapter, what is asked, and where that is written."""

    id: str
    chapter: str
    words: str
    strength: str
    basis: str


@cache
def requirements() -> tuple[Requirement, ...]:
    """All of them, in the file's order."""
    chapters = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Requirement(
            id=row["id"], chapter=title, words=row["words"], strength=row["strength"], basis=row["basis"]
        )
        for title, rows in chapters.items()
        for row in rows
    )


def chapters() -> list[str]:
    """Their titles, in the file's order."""
    return list(dict.fromkeys(row.chapter for row in requirements()))
