"""Refuse what must never be committed: private keys, filled-in secrets, large files.

`python -m tools.guards FILE…` looks at these; without a name at everything that git keeps (make lint).
"""

import re
import subprocess
import sys
from pathlib import Path

LARGEST = 1_000_000  # bytes; catalogues and pictures included
LOCKS = {"uv.lock", "package-lock.json"}
# What looks like a secret, by the name that is told. Placeholders and the demo's known words don't.
SECRETS: dict[str, re.Pattern[bytes]] = {
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "a filled-in secret": re.compile(
        rb"^EMR_[A-Z0-9_]*(?:KEY|PASSWORD|SECRET)=(?![/$<{])[^\s#]{16,}$", re.MULTILINE
    ),
    "a key of Amazon's": re.compile(rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub's": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b"),
    "a token of GitLab's": re.compile(rb"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    "a token of Slack's": re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{20,}\b"),
    "a key of Google's": re.compile(rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a signed token": re.compile(rb"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}"),
    "a password in an address": re.compile(
        rb"\b(?:postgres(?:ql)?|rediss?|amqps?|ldaps?|https?|smtp)://[^\s:/@'\"{}<>$]+:[^\s:/@'\"{}<>$\xe2]{8,}@[\w.-]+\.[a-z]{2,}"
    ),
}


def faults(path: Path) -> list[str]:
    """What speaks against committing this file."""
    content = path.read_bytes()
    found = []
    if len(content) > LARGEST and path.name not in LOCKS:
        found.append(f"{path}: {len(content)} bytes")
    found += [f"{path}: {name}" for name, pattern in SECRETS.items() if pattern.search(content)]
    return found


def everything() -> list[str]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    return [name for name in listed.decode().split("\0") if name]


if __name__ == "__main__":
    names = sys.argv[1:] or everything()
    said = [fault for name in names if Path(name).is_file() for fault in faults(Path(name))]
    print("\n".join(said))
    sys.exit(1 if said else 0)
