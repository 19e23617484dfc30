"""The building itself: people, record keeping, delivery, files, code systems. Knows no patient."""

from emr.celery import app as celery_app

__all__ = ["celery_app"]
