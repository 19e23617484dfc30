"""A worker that dies at a line of our choosing, and what is left of it."""

import sys
from types import FrameType
from typing import Any

from django.db import connections

from emr.outbox.models import OutboxEvent
from emr.outbox.services import deliver

_WATCHED = ("/signatures/signing/", "/emr/storage/services", "/emr/outbox/registry")


class Killed(BaseException):
    """What `kill -9` looks like from inside: no handler of ours catches it."""


def run_until(line: int, event_id: int) -> bool:
    """Deliver, and die when the `line`th watched line is about to run; answers whether it got that far."""
    seen = 0

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal seen
        if not any(part in frame.f_code.co_filename for part in _WATCHED):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                raise Killed
        return trace

    sys.settrace(trace)
    try:
        deliver(event_id=event_id)
    except Killed:
        return True
    finally:
        sys.settrace(None)
    return False


def bury(event_id: int) -> None:
    """The dead process's connection goes, in whatever state it was, and then its lease runs out."""
    dead = connections["default"].connection
    del connections["default"]
    if dead is not None:
        dead.close()
    forget_the_lease(event_id)


def forget_the_lease(event_id: int) -> None:
    """Time passes: the dead worker's lease runs out."""
    OutboxEvent.objects.filter(pk=event_id).update(lease_until=None)
