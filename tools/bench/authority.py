"""A licensed authority in a process of its own: certificates, OCSP, lists and timestamps; none of its work is the signer's.

python -m tools.bench.authority FOLDER
"""

import signal
import sys
from pathlib import Path

import django


def main(folder: Path) -> None:
    """Serve until the process is ended. `folder` gets an.p12 (under pki's PASSPHRASE), root.der and, at last, address."""
    django.setup()
    from tests.signatures import pki  # noqa: PLC0415 -- needs the models

    with pki.running(folder) as authority:
        (folder / "an.p12").write_bytes(authority.key_file("an"))
        (folder / "root.der").write_bytes(authority.root)
        draft = folder / "address.draft"
        draft.write_text(authority.tsa)
        draft.rename(folder / "address")
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
