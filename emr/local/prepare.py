"""One process that brings the database and the static files up to the code; the owner's role is in its environment."""

import os

import django
from django.conf import settings
from django.core.management import call_command, get_commands

SHIPPED = ["load_terminology", "load_questionnaires"]  # catalogues and forms of this version; twice is once


def main() -> None:
    """Migrate, load what ships with the code, collect static files; the demo hospital where the settings are the demo's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ['EMR_SETTINGS']}")
    django.setup()
    call_command("migrate", database="owner", interactive=False, verbosity=1)
    call_command("collectstatic", interactive=False, verbosity=0)
    wanted = [*SHIPPED, "demo"] if settings.EMR_DEMO else SHIPPED
    for command in wanted:
        if command in get_commands():
            call_command(command)


if __name__ == "__main__":
    main()
