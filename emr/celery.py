"""The workers' processes: `celery -A emr.celery worker -Q interactive,bulk,sync`, and another for `-Q deliver`.

What waits for a neighbour goes through `deliver`, in threads: one that hangs keeps nobody else's work waiting.
"""

import os

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"emr.settings.{os.environ.get('EMR_SETTINGS', 'production')}"
)
app = Celery("emr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect  # type: ignore[untyped-decorator]
def log_as_all_do(**_: object) -> None:
    """Celery would put handlers of its own in place, which quote exceptions and break lines (S-31, S-55)."""


@worker_init.connect  # type: ignore[untyped-decorator]
def refuse_demo_data(**_: object) -> None:
    """No worker of a real hospital works on the demo's database."""
    from emr.accounts import demo_data  # noqa: PLC0415 (models exist only once Django is set up)

    demo_data.refuse_demo_data()
