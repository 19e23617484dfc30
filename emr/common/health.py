"""What has to be well for the house to work; each room registers its own part."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection

from emr.common.policies import gaps

Check = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `check` returns "" when it is well, else the reason in plain words."""

    name: str
    check: Check
    required: bool


_parts: dict[str, Part] = {}


def register_part(name: str, check: Check, *, required: bool) -> None:
    """Let `/health/ready` name this part; a required one that fails makes it answer 503."""
    _parts[name] = Part(name, check, required)


def readiness() -> tuple[bool, dict[str, dict[str, object]]]:
    """(ready, {part: {"ok": bool, "reason": str}})."""
    answer: dict[str, dict[str, object]] = {}
    ready = True
    for part in _parts.values():
        try:
            reason = part.check()
        except Exception as error:
            reason = type(error).__name__
        answer[part.name] = {"ok": not reason, "reason": reason}
        ready = ready and (not reason or not part.required)
    return ready, answer


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def _wall() -> str:
    low = gaps()
    return f"The wall between facilities has {len(low)} gaps: manage.py wall raise" if low else ""


register_part("database", _database, required=True)
register_part("wall", _wall, required=False)
