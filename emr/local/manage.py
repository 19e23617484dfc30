"""`manage.py`: commands use the instance in EMR_HOME, with its settings, and start its database when it is stopped."""

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from emr.local.errors import LocalError
from emr.local.home import Home
from emr.local.instance import Instance
from emr.local.sealing import FILE, newest_slot, unseal

# These need no database, and some of them must work before there is one.
OFFLINE = {"help", "--help", "-h", "--version", "version", "makemessages", "compilemessages", "startapp"}


def main(arguments: list[str]) -> None:
    """Run one of Django's or our own commands; exit code 2 where it can't even begin, since 1 is what a check has found."""
    try:
        with _surroundings(arguments):
            from django.core.management import execute_from_command_line  # noqa: PLC0415

            execute_from_command_line(arguments)
    except LocalError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)


def _make_home_for(arguments: list[str], home: Home) -> None:
    """A new EMR_HOME gets the keys of the backup that will be restored into it."""
    paths = [Path(word) for word in arguments if not word.startswith("-") and Path(word).is_dir()]
    if not paths:
        raise LocalError("Which backup? manage.py restore SRC")
    slot = newest_slot(paths[0])
    password = os.environ.get("EMR_BACKUP_PASSWORD")
    if not password:
        raise LocalError("Set EMR_BACKUP_PASSWORD to the one that the backup was made with.")
    keys = unseal((slot / FILE).read_text(encoding="utf-8"), password) | {"EMR_BACKUP_PASSWORD": password}
    made_under = json.loads((slot / "manifest.json").read_text(encoding="utf-8"))["settings"]
    home.create(os.environ.get("EMR_SETTINGS", made_under), given=keys)


def _surroundings(arguments: list[str]) -> AbstractContextManager[None]:
    home = Home.here()
    if arguments[1:2] == ["restore"] and not home.exists() and "EMR_SECRET_KEY" not in os.environ:
        _make_home_for(arguments[2:], home)
    # Importing this package has set DJANGO_SETTINGS_MODULE from EMR_SETTINGS; another value is somebody's wish.
    default = f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
    asked_otherwise = os.environ.setdefault("DJANGO_SETTINGS_MODULE", default) != default
    if asked_otherwise or os.environ.get("EMR_SETTINGS") == "test" or not home.exists():
        return nullcontext()
    instance = Instance(home)
    os.environ |= instance.environment(as_owner=True)
    if not instance.embeds_database or (arguments[1:2] and arguments[1] in OFFLINE):
        return nullcontext()
    return instance.database_for_a_command()
