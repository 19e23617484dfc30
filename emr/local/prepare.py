"""One process that brings the database and the static files up to the code; the owner's role is in its environment."""

import os
import time
from importlib import import_module

import django
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection

SHIPPED = [
    "load_terminology",
    "load_questionnaires",
    "load_result_forms",
    "load_bedside_forms",
    "load_medicine_sheets",
]  # of this version; twice is once


def step(command: str, **options: object) -> None:
    """Run one command and say how long it took."""
    began = time.monotonic()
    call_command(command, **options)
    print(f"{command}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> None:
    """Migrate, load what ships with the code, collect static files; the demo hospital where the settings are the demo's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ['EMR_SETTINGS']}")
    django.setup()
    # By name: what stands above isn't imported here.
    refuse_demo_data = import_module("emr.accounts.demo_data").refuse_demo_data
    if "accounts_user" in connection.introspection.table_names():
        refuse_demo_data()
    step("migrate", database="owner", interactive=False, verbosity=0)
    step("collectstatic", interactive=False, verbosity=0)
    refuse_demo_data()
    wanted = [*SHIPPED, "demo"] if settings.EMR_DEMO else SHIPPED
    for command in wanted:
        if command in get_commands():
            step(command)


if __name__ == "__main__":
    main()
