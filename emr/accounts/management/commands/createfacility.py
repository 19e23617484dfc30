"""`manage.py createfacility`: the first facility and its administrator."""

import getpass
import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from emr.accounts.models import Organization
from emr.accounts.services import create_user, grant_role
from emr.common.errors import DomainError


class Command(BaseCommand):
    """The password comes from the terminal or standard input, never from the command line that others can see."""

    help = "Make a facility with an office and its administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="insurance code, five characters")
        parser.add_argument("name")
        parser.add_argument("--authority", default="", help="printed above the name, e.g. SỞ Y TẾ …")
        parser.add_argument("--admin", required=True, help="username of the administrator")
        parser.add_argument("--admin-name", required=True)
        parser.add_argument("--password-stdin", action="store_true")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: object, **options: str) -> None:
        if len(options["code"]) != 5 or not options["code"].isalnum():
            raise CommandError("The facility's code has five letters or digits.", returncode=2)
        password = (
            sys.stdin.readline().rstrip("\n") if options["password_stdin"] else getpass.getpass("Password: ")
        )
        try:
            with transaction.atomic():
                facility, is_new = Organization.objects.get_or_create(
                    kind=Organization.Kind.FACILITY,
                    code=options["code"],
                    defaults={"name": options["name"], "authority": options["authority"]},
                )
                if not is_new:
                    raise CommandError(f"Facility {options['code']} is there already.")
                office = Organization.objects.create(
                    kind=Organization.Kind.DEPARTMENT,
                    parent=facility,
                    code="HC",
                    name="Phòng Công nghệ thông tin",
                    is_clinical=False,
                )
                user = create_user(
                    facility=facility,
                    username=options["admin"],
                    full_name=options["admin_name"],
                    staff_code="QT01",
                    password=password,
                    by=None,
                )
                grant_role(user=user, role="admin", department=office, by=None)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        answer = {"facility": facility.code, "administrator": user.username}
        self.stdout.write(
            json.dumps(answer) if options["format"] == "json" else f"Made {facility} and {user.username}."
        )
