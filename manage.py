#!/usr/bin/env python3
"""The instance's commands; `.venv/bin/python manage.py help` lists them."""

import sys

from emr.local.manage import main

if __name__ == "__main__":
    main(sys.argv)
