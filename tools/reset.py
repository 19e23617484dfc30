"""`make reset`: throw the demo's data away. Asks first; refuses what isn't a demo's, and what is running."""

import shutil
import sys
from pathlib import Path

from emr.local.errors import LocalError
from emr.local.home import Home
from emr.local.instance import Instance


def main() -> int:
    """0 when the folder is gone, 1 when it stays."""
    home = Home.here()
    if not home.exists():
        print(f"There is no instance in {home.root}.")
        return 0
    if home.secrets().get("EMR_SETTINGS") not in {"demo", "training"}:
        print(f"The instance in {home.root} isn't a demo; it is not touched.", file=sys.stderr)
        return 1
    try:
        with Instance(home).running_alone():
            return _remove(home)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _remove(home: Home) -> int:
    size = sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file()) / 2**20
    question = f"Remove {home.root} ({size:.0f} MB: database, files, keys, backups)? Type yes: "
    if input(question).strip() != "yes":
        print("Nothing was removed.")
        return 1
    instance = Instance(home)
    instance.postgres.stop()
    shutil.rmtree(home.sockets, ignore_errors=True)
    for part in Path(home.root).iterdir():
        if part.name != "screenshots":
            shutil.rmtree(part) if part.is_dir() else part.unlink()
    print("Removed. `make run` makes a new one.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
