"""`manage.py wall`: whether the wall between facilities stands; `raise` it after an upgrade, `lower` it to repair."""

import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import connections, transaction

from emr.audit.services import record
from emr.common.policies import gaps, put_in_force, wanted_policies


class Command(BaseCommand):
    """Exit 0 when the wall stands everywhere, 1 when it has gaps."""

    help = "Show, raise or lower the wall between facilities (row-level security)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do; nothing: say how it stands."""
        parser.add_argument("action", nargs="?", choices=["show", "raise", "lower"], default="show")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, action: str, format: str, **_options: object) -> None:
        """Raising and lowering stand in the audit log."""
        if action == "raise":
            self._put(up=True)
        elif action == "lower":
            self._put(up=False)
        missing = gaps()
        if format == "json":
            self.stdout.write(json.dumps({"ok": not missing, "gaps": missing}))
        elif missing:
            self.stdout.write(f"The wall has gaps: {', '.join(missing)}. Raise it: manage.py wall raise")
        else:
            self.stdout.write(f"The wall stands: {len(wanted_policies())} tables.")
        if missing and action != "lower":
            sys.exit(1)

    @staticmethod
    def _put(*, up: bool) -> None:
        with transaction.atomic():
            if up:
                record("wall.raise")
            else:
                record("wall.lower")
            put_in_force(connections["owner"], sorted(wanted_policies()), up=up)
