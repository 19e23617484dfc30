"""The workers' process: `celery -A emr.celery worker -Q interactive,bulk,sync`."""

import os

from celery import Celery

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
)
app = Celery("emr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
