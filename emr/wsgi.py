"""The web process: `granian --interface wsgi emr.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
)
application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402 (models exist only now)

from emr.accounts.demo_data import refuse_demo_data  # noqa: E402

if settings.EMR_STATEMENT_SECONDS:
    # A page never holds a connection for long; workers and commands may (F-34).
    connections.settings["default"]["OPTIONS"]["options"] = (
        f"-c statement_timeout={settings.EMR_STATEMENT_SECONDS}s"
    )
refuse_demo_data()
connection.close()
