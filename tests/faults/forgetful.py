"""The feed's control: a listener that knows no message again. Run as a process in the place of `manage.py mllp`."""

import os
import sys
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings.test")
django.setup()

from integrations.hl7v2.management.commands import mllp  # noqa: E402 (models exist only now)
from integrations.transport import services  # noqa: E402


def duplicate_key(*_about: object, **_more: object) -> str:
    """Another one each time: what is sent again is stored again."""
    return uuid.uuid4().hex


if __name__ == "__main__":
    services.duplicate_key = duplicate_key
    mllp.Command().run_from_argv(["manage.py", "mllp", *sys.argv[1:]])
