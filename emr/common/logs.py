"""Log lines: one line each whatever was logged (S-31), with the request's reference, and nothing of a patient (S-55).

An exception's text may quote a row ("Key (citizen_id)=(…) already exists"), so what is kept of it is its kind, the
places in the code, and the name of the constraint.
"""

import json
import logging
import traceback
from types import TracebackType
from typing import Any

from emr.common.context import acting

_ESCAPES = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)]}
_ESCAPES |= {0x2028: "\\u2028", 0x2029: "\\u2029"}
_FIELDS = ("view", "status", "duration_ms")
_DEEPEST = 12  # places in the code, nearest to the fault

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class RequestFilter(logging.Filter):
    """Add the request's reference and whose it is; leave out what an exception says."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = acting()
        record.request_id, record.user_id = context.request_id, context.user_id
        if record.name.startswith("celery.") and isinstance(record.args, dict) and "exc" in record.args:
            # Celery quotes the exception, its traceback and the task's arguments.
            kept = {"exc", "traceback", "args", "kwargs"} & record.args.keys()
            record.args = {**record.args, **dict.fromkeys(kept, "…")}
        elif isinstance(record.args, tuple):
            record.args = tuple(
                named(value) if isinstance(value, BaseException) else value for value in record.args
            )
        return True


def named(error: BaseException) -> str:
    """An exception without its text: kind, and for PostgreSQL's the state and the constraint."""
    said = type(error).__name__
    cause = error.__cause__ if error.__cause__ is not None else error
    diag = getattr(cause, "diag", None)
    if diag is not None:
        said += f" ({diag.sqlstate or '-'} {diag.constraint_name or diag.table_name or '-'})"
    return said


def _told(fault: Fault) -> str:
    """Kinds and places, the first cause first; no text and no values."""
    parts: list[str] = []
    error = fault[1]
    while error is not None and len(parts) < 5:
        frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        parts.append(f"{named(error)} at {places or '-'}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " | ".join(parts)


class OneLineFormatter(logging.Formatter):
    """Control characters (line ends, terminal escapes) are written as escapes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.__dict__.setdefault("request_id", "-")
        record.exc_text = None  # another handler's formatter may have kept the whole trace
        return super().format(record).translate(_ESCAPES)

    def formatException(self, ei: Any) -> str:
        """See the module."""
        return _told(ei)


class JsonFormatter(OneLineFormatter):
    """One JSON object a line, for programs that gather logs."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}",
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "user_id": getattr(record, "user_id", None),
            "message": record.getMessage(),
        }
        fields |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            fields["fault"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=True, default=str)
