"""The forms that come with the product: files of `questionnaires/`, those of `records/` put together from `parts/`."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from encounters.forms.engine import assemble, canonical_of

SHIPPED = Path(__file__).with_name("questionnaires")
Resource = Mapping[str, Any]


def read(path: Path) -> Resource:
    """A file's JSON as it stands; raises OSError, json.JSONDecodeError."""
    found: Resource = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def shipped_parts() -> dict[str, Resource]:
    """The shared parts by `url|version`."""
    return {canonical_of(part): part for part in map(read, sorted((SHIPPED / "parts").glob("*.json")))}


def shipped_files() -> list[Path]:
    """The file of every form, parts left out."""
    return [*sorted(SHIPPED.glob("*.json")), *sorted((SHIPPED / "records").glob("*.json"))]


def assembled(path: Path) -> Resource:
    """A file's form, put together from the parts that ship.

    Raises OSError, json.JSONDecodeError, and InvalidQuestionnaire where a part is missing.
    """
    return assemble(read(path), shipped_parts())
