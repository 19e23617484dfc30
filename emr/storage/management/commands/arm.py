"""`manage.py arm`: let a restored copy act on the world again."""

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import transaction

from emr.audit.services import record
from emr.common.arming import is_armed, set_armed


class Command(BaseCommand):
    """Arms; says so when it was armed already."""

    help = "Let a restored copy deliver, sign and exchange."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: object) -> None:
        was_armed = is_armed()
        if not was_armed:
            with transaction.atomic():
                record("instance.armed")
                set_armed(True)
        if options["format"] == "json":
            self.stdout.write(json.dumps({"ok": True, "was_armed": was_armed}))
        else:
            self.stdout.write(
                "It was armed already." if was_armed else "Armed: deliveries, signing and exchange are on."
            )
