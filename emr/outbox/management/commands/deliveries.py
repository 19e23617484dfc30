"""`manage.py deliveries`: what is owed and what was given up; `--retry` tries the latter once more."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from emr.outbox.services import owed, retry_failed


class Command(BaseCommand):
    """For the person who has mended the reason: a missing library, a full disk, a partner's address."""

    help = "List deliveries that are owed or were given up; --retry tries again what was given up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of the two."""
        parser.add_argument("--retry", action="store_true", help="try again what was given up")

    def handle(self, *_args: object, **options: object) -> None:
        """A line a subscriber: owed, given up, the kinds of error."""
        if options["retry"]:
            self.stdout.write(f"{retry_failed()} deliveries will be tried again within a minute.")
            return
        lines = owed()
        for line in lines:
            self.stdout.write(
                f"{line.subscriber}: {line.waiting} owed, {line.given_up} given up {line.errors}".rstrip()
            )
        if not lines:
            self.stdout.write("Nothing is owed.")
