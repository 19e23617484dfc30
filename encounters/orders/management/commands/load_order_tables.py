"""Give a facility the shipped sample of what may be ordered."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.accounts.models import Organization
from encounters.orders.services import load_shipped


class Command(BaseCommand):
    """`load_order_tables <facility code>`: tests and images, panels, validity of results, knowledge of medicines."""

    help = "Load the shipped sample tables of orders for one facility; again changes nothing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("facility", help="the facility's code")

    def handle(self, *args: Any, **options: Any) -> None:
        facility = Organization.objects.filter(kind="facility", code=options["facility"]).first()
        if facility is None:
            raise CommandError("there is no facility with that code")
        self.stdout.write(f"{load_shipped(facility=facility)} rows changed")
