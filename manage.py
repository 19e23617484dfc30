#!/usr/bin/env python3
"""The instance's commands; `.venv/bin/python manage.py help` lists them."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
