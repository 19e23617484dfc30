"""Verification of a stranger's file in a process of its own, with limits on time and memory (S-35).

`python -m signatures.verification.cage` reads one line of JSON (roots, revocations, authorities' answers) and then the PDF
from standard input, and prints the report as JSON. It has no database, no settings and no keys; whatever the file does to
it, the server goes on.
"""

import base64
import datetime as dt
import json
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from signatures.verification.verdicts import Report, SignatureReport

if TYPE_CHECKING:
    from signatures.verification.evidence import Evidence

CPU_SECONDS = 10
WALL_SECONDS = 15
MEMORY_BYTES = 1024 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]
_INSTANTS = ("claimed_at", "timestamped_at", "revocation_at", "revoked_at", "ends_at")


class TooHeavy(Exception):
    """The file went over the limits; nothing is known of its signatures."""


def verify_caged(
    data: bytes,
    *,
    roots: Sequence[bytes],
    revoked: Mapping[str, dt.datetime] = MappingProxyType({}),
    asked: "Evidence | None" = None,
) -> Report:
    """`verify_pdf` in a cage. Raises TooHeavy."""
    law = {
        "roots": [base64.b64encode(root).decode() for root in roots],
        "revoked": {fingerprint: since.isoformat() for fingerprint, since in revoked.items()},
        "asked": asked.as_json() if asked is not None else None,
    }
    header = json.dumps(law).encode()
    try:
        done = subprocess.run(  # noqa: S603 -- our own interpreter and module
            [sys.executable, "-I", "-c", _START, str(_ROOT)],
            input=header + b"\n" + data,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=True,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise TooHeavy(type(error).__name__) from None
    return from_json(json.loads(done.stdout))


_START = "import sys; sys.path.insert(0, sys.argv[1]); from signatures.verification.cage import main; sys.exit(main())"


def as_json(report: Report) -> dict[str, Any]:
    """A report as plain JSON, verdicts included."""
    plain = asdict(report)
    plain["verdict"] = report.verdict.value
    for one, signature in zip(plain["signatures"], report.signatures, strict=True):
        one["verdict"] = signature.verdict.value
        for name in _INSTANTS:
            one[name] = one[name].isoformat() if one[name] is not None else None
    return plain


def from_json(plain: dict[str, Any]) -> Report:
    """The report that `as_json` wrote."""
    signatures = []
    for one in plain["signatures"]:
        one.pop("verdict")
        instants = {name: dt.datetime.fromisoformat(one[name]) if one[name] else None for name in _INSTANTS}
        signatures.append(SignatureReport(**{**one, **instants}))
    return Report(plain["sha256"], plain["size"], signatures, plain["problems"])


def main() -> int:
    """The caged process."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from signatures.verification.evidence import Evidence  # noqa: PLC0415 -- loads pyHanko
    from signatures.verification.report import verify_pdf  # noqa: PLC0415

    header, _, data = sys.stdin.buffer.read().partition(b"\n")
    law = json.loads(header)
    revoked = {name: dt.datetime.fromisoformat(since) for name, since in law["revoked"].items()}
    roots = [base64.b64decode(root) for root in law["roots"]]
    asked = Evidence.from_json(law["asked"]) if law["asked"] is not None else Evidence()
    report = verify_pdf(data, roots=roots, revoked=revoked, asked=asked)
    print(json.dumps(as_json(report)))
    return 0
