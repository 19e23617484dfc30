"""`manage.py`: commands use the instance in EMR_HOME, with its settings, and start its database when it is stopped."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

from emr.local.errors import LocalError
from emr.local.home import Home
from emr.local.instance import Instance

# These need no database, and some of them must work before there is one.
OFFLINE = {"help", "--help", "-h", "--version", "version", "makemessages", "compilemessages", "startapp"}


def main(arguments: list[str]) -> None:
    """Run one of Django's or our own commands."""
    try:
        with _surroundings(arguments):
            from django.core.management import execute_from_command_line  # noqa: PLC0415

            execute_from_command_line(arguments)
    except LocalError as error:
        sys.exit(f"error: {error}")


def _surroundings(arguments: list[str]) -> AbstractContextManager[None]:
    home = Home.here()
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
