"""The web process: `granian --interface wsgi emr.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
)
application = get_wsgi_application()

from django.db import connection  # noqa: E402 (models exist only now)

from emr.accounts.demo_data import refuse_demo_data  # noqa: E402

refuse_demo_data()
connection.close()
