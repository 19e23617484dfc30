"""The web process: `granian --interface wsgi emr.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
)
application = get_wsgi_application()
