"""`manage.py compliance`: the checklist of what the law asks, each row with its evidence of this moment."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.evidence import State
from emr.compliance.requirements import chapters, requirements
from emr.compliance.selectors import Row, checklist, counts


class Command(BaseCommand):
    """Prints a table a facility. Exit 0; with --fail 1 where something that can be shown isn't met; 2: wrong use."""

    help = "What the law asks of electronic records, and what shows at this moment how far it is met."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--facility", default="", help="insurance code; all facilities without")
        parser.add_argument("--state", choices=State.values, default="", help="only rows in this state")
        parser.add_argument("--only", default="", help="one requirement: R-24")
        parser.add_argument("--fail", action="store_true", help="exit 1 where a row isn't met")
        parser.add_argument("--language", choices=["vi", "en"], default="vi")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: Any) -> None:
        only = options["only"]
        if only and only not in {row.id for row in requirements()}:
            raise CommandError(f"{only} is no requirement of the list.", returncode=2)
        facilities = Organization.objects.filter(kind=Organization.Kind.FACILITY).order_by("code")
        if options["facility"]:
            facilities = facilities.filter(code=options["facility"])
        if not facilities:
            raise CommandError("No such facility.", returncode=2)
        found: dict[str, list[Row]] = {}
        with translation.override(options["language"]):
            for facility in facilities:
                with wall.within(facility.pk):
                    rows = checklist(facility)
                found[facility.code] = [
                    row
                    for row in rows
                    if (not options["state"] or row.evidence.state == options["state"])
                    and (not only or row.requirement.id == only)
                ]
            if options["format"] == "json":
                self.stdout.write(
                    json.dumps({code: [_as_json(row) for row in rows] for code, rows in found.items()})
                )
            else:
                for facility in facilities:
                    self._tell(facility, found[facility.code])
        if options["fail"] and any(
            row.evidence.state == State.NOT_MET for rows in found.values() for row in rows
        ):
            raise CommandError("Something that the law asks isn't met.", returncode=1)

    def _tell(self, facility: Organization, rows: list[Row]) -> None:
        self.stdout.write(f"{facility.code} {facility.name}")
        for title in chapters():
            own = [row for row in rows if row.requirement.chapter == title]
            if own:
                self.stdout.write(f"\n{title}")
            for row in own:
                self.stdout.write(
                    f"  {row.requirement.id}  [{row.evidence.state.label}]  {row.requirement.words}"
                )
                if row.evidence.words:
                    self.stdout.write(f"        {row.evidence.words}")
                for fact in row.evidence.facts:
                    self.stdout.write(f"        - {fact.label}: {fact.shown}")
        told = ", ".join(f"{state.label}: {count}" for state, count in counts(rows))
        self.stdout.write(f"\n{told}")


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.requirement.id,
        "chapter": row.requirement.chapter,
        "basis": row.requirement.basis,
        "state": row.evidence.state.value,
        "words": str(row.evidence.words),
        "facts": [{"label": str(fact.label), "value": fact.shown} for fact in row.evidence.facts],
    }
