"""Who is acting and through which request: set by the doors, read by audit, row history and logs."""

import contextlib
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Acting:
    """One request, message or job."""

    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    user_id: int | None = None
    username: str = ""
    address: str = ""
    device: str = ""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


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
