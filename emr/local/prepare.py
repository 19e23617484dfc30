"""One process that brings the database and the static files up to the code; the owner's role is in its environment."""

import os

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands


def main() -> None:
    """Migrate, collect static files, load the demo hospital where the settings are the demo's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ['EMR_SETTINGS']}")
    django.setup()
    call_command("migrate", database="owner", interactive=False, verbosity=1)
    call_command("collectstatic", interactive=False, verbosity=0)
    if getattr(settings, "EMR_DEMO", False) and "demo" in get_commands() and apps.ready:
        call_command("demo")


if __name__ == "__main__":
    main()
