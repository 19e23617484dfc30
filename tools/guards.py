"""Refuse what must never be committed: private keys, filled-in secrets, large files."""

import re
import sys
from pathlib import Path

LARGEST = 1_000_000  # bytes; catalogues and pictures included
PRIVATE = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|^EMR_(?:FILE|SECRET)_KEY=[^\s#]{16,}$", re.MULTILINE
)
LOCKS = {"uv.lock", "package-lock.json"}


def faults(path: Path) -> list[str]:
    """What speaks against committing this file."""
    content = path.read_bytes()
    found = []
    if len(content) > LARGEST and path.name not in LOCKS:
        found.append(f"{path}: {len(content)} bytes")
    if PRIVATE.search(content):
        found.append(f"{path}: a private key or a filled-in secret")
    return found


if __name__ == "__main__":
    said = [fault for name in sys.argv[1:] if Path(name).is_file() for fault in faults(Path(name))]
    print("\n".join(said))
    sys.exit(1 if said else 0)
