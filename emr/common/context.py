"""Who is acting and through which request: set by the doors, read by audit, row history and logs."""

import contextlib
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

_acting: ContextVar["Acting | None"] = ContextVar("acting", default=None)


def _inherited_origin() -> str:
    current = _acting.get()
    return current.origin if current is not None else ""


@dataclass(slots=True)
class Acting:
    """One request, message or job.

    `origin` is what from outside set it going ("message:17"): facts carry it on to whoever is told of them, so that a
    neighbour isn't told what it said itself.
    """

    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    user_id: int | None = None
    username: str = ""
    address: str = ""
    device: str = ""
    origin: str = field(default_factory=_inherited_origin)


def acting() -> Acting:
    """The present context; a job that set none has an empty one of its own."""
    current = _acting.get()
    if current is None:
        current = Acting()
        _acting.set(current)
    return current


@contextlib.contextmanager
def acting_as(context: Acting) -> Iterator[Acting]:
    """Run a block in this context."""
    token = _acting.set(context)
    try:
        yield context
    finally:
        _acting.reset(token)
