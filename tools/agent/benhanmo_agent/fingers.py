"""A fingerprint reader, by a program of its maker's or of the hospital's: it reads, compares, and signs what it says.

`PROGRAM SHA256 CHALLENGE` prints one JSON object {"statement", "signature"} (docs/consents.md) and
ends with 0; 1: the person declined. Neither a picture nor a template of a finger comes here.
"""

import json
import subprocess
from collections.abc import Sequence

_SECONDS = 60
_LONGEST = 16 * 1024


class ReaderTrouble(Exception):
    """Why nothing was read; `code` is one of the API's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_finger(program: Sequence[str], sha256: str, challenge: str) -> dict[str, str]:
    """What the reader vouches for. Raises ReaderTrouble: no_reader, reader_failed, cancelled."""
    if not program:
        raise ReaderTrouble("no_reader")
    try:
        done = subprocess.run(
            [*program, sha256, challenge], capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        raise ReaderTrouble("reader_failed") from None
    if done.returncode == 1:
        raise ReaderTrouble("cancelled")
    try:
        said = json.loads(done.stdout[:_LONGEST])
        found = {name: said[name] for name in ("statement", "signature")}
    except (ValueError, KeyError, TypeError):
        raise ReaderTrouble("reader_failed") from None
    if done.returncode != 0 or not all(isinstance(value, str) for value in found.values()):
        raise ReaderTrouble("reader_failed")
    return found
