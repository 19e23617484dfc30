"""Log lines: one line each whatever was logged (S-31), with the request's reference."""

import logging

from emr.common.context import acting

_ESCAPES = {code: f"\\x{code:02x}" for code in [*range(32), 127]} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class RequestFilter(logging.Filter):
    """Add the request's reference."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = acting().request_id
        return True


class OneLineFormatter(logging.Formatter):
    """Control characters (line ends, terminal escapes) are written as escapes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.__dict__.setdefault("request_id", "-")
        return super().format(record).translate(_ESCAPES)
