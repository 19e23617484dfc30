"""PostgreSQL refuses to run as root: its processes drop to the `nobody` account when we are root."""

import os
import shutil
from pathlib import Path

from emr.local.errors import LocalError

NOBODY = 65534


def is_root() -> bool:
    return os.geteuid() == 0


def may_be_entered(path: Path) -> bool:
    """Whether another account can walk down to this path."""
    return all(folder.stat().st_mode & 0o001 for folder in [*path.resolve().parents] if folder.exists())


def dropped(*paths: Path, die_with_parent: str = "") -> list[str]:
    """The words to put before a command so that it runs as an ordinary user and, if asked, ends with its parent.

    Where a folder above one of the paths is closed to others (a checkout under /root), the command keeps the
    one capability to read and walk through such folders; nothing else of root's stays with it.
    """
    words = [setpriv()]
    if die_with_parent:
        words.append(f"--pdeathsig={die_with_parent}")
    if is_root():
        words += [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
        if not all(may_be_entered(path) for path in paths):
            words += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    elif not die_with_parent:
        return []
    return words


def setpriv() -> str:
    """The program that drops privileges; it is part of every Debian's util-linux."""
    found = shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")
    if not found:
        raise LocalError("setpriv is missing. Type: apt-get install -y util-linux")
    return found


def hand_over(path: Path) -> None:
    """Give a folder and what is in it to the account that the services run as."""
    if not is_root():
        return
    for item in [path, *path.rglob("*")]:
        os.chown(item, NOBODY, NOBODY, follow_symlinks=False)
