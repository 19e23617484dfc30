"""A timestamp authority in a process of its own, so that its work isn't counted as the signer's.

python -m tools.bench.time_authority FOLDER
"""

import signal
import sys
from pathlib import Path

from tests.signatures import tsa


def main(folder: Path) -> None:
    """Serve until the process is ended; the address stands in `folder`/address."""
    with tsa.running(folder) as (address, _root):
        draft = folder / "address.draft"
        draft.write_text(address)
        draft.rename(folder / "address")
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
