"""`manage.py first_load patients danh-sach.csv --by tichhop [--apply]`."""

import argparse
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emr.accounts.models import User
from emr.common import wall
from emr.common.errors import DomainError
from integrations.loading import reading, selectors, services
from integrations.loading.models import FirstLoad
from integrations.loading.words import in_words

_SHOWN = 50


class Command(BaseCommand):
    """Check a file of the HIS's, say what it would do, and apply it when asked to; killed and typed again, it goes on."""

    help = "Load patients, open stays or past stays from a file: a dry run without --apply."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=FirstLoad.Kind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="username that the changes are written under")
        parser.add_argument("--cutover", default="", help='for stays: "28/11/2026 07:00"')
        parser.add_argument("--apply", action=argparse.BooleanOptionalAction, default=False)

    def handle(self, *_args: object, **options: Any) -> None:
        by = User.objects.filter(username=options["by"], is_active=True).select_related("facility").first()
        if by is None:
            raise CommandError(f"Nobody active is called {options['by']}.")
        try:
            cutover_at = reading.moment(options["cutover"]) if options["cutover"] else None
            data = options["file"].read_bytes()
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        with wall.within(by.facility_id):
            try:
                load = services.take_file(
                    kind=options["kind"],
                    file_name=options["file"].name,
                    data=data,
                    cutover_at=cutover_at,
                    by=by,
                )
            except DomainError as refusal:
                raise CommandError(str(refusal)) from refusal
            self._check(load)
            if options["apply"]:
                self._apply(load, by)

    def _check(self, load: FirstLoad) -> None:
        while services.check_next(first_load_id=load.pk):
            pass
        load.refresh_from_db()
        if load.status == FirstLoad.Status.UNREADABLE:
            raise CommandError(load.problem)
        counts = selectors.counts(load)
        self.stdout.write(
            f"{load.line_count} lines: {counts['create']} new, {counts['change']} to bring up to date, "
            f"{counts['same']} as they are, {counts['error']} with errors."
        )
        for line in selectors.lines(load, only="error")[:_SHOWN]:
            self.stdout.write(f"  line {line.line}: {' '.join(in_words(line.remarks))}")
        for number in load.not_listed:
            self.stdout.write(f"  open here, not in the list: {number}")

    def _apply(self, load: FirstLoad, by: User) -> None:
        began = monotonic()
        services.start(load=load, by=by)
        while services.apply_next(first_load_id=load.pk):
            load.refresh_from_db()
            self.stdout.write(f"  {load.done_count} of {load.line_count}")
        counts = selectors.counts(load)
        spent = max(monotonic() - began, 0.001)
        load.refresh_from_db()
        self.stdout.write(
            f"Applied: {counts['done_create']} new, {counts['done_change']} brought up to date, "
            f"{counts['done_same']} as they were, {counts['done_error']} with errors; "
            f"{load.done_count / spent * 60:.0f} lines a minute."
        )
