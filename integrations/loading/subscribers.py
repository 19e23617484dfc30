"""Files are checked and applied by a worker, piece by piece."""

from django.conf import settings
from django.utils import translation

from emr.outbox import Delivery, subscribe
from integrations.loading import services


@subscribe("first_load.received", queue="bulk", long=True)
def check_first_load(delivery: Delivery) -> None:
    """Line after line; begun anew it goes on where it stopped."""
    with translation.override(settings.LANGUAGE_CODE):
        while services.check_next(first_load_id=delivery.payload["first_load_id"]):
            delivery.renew()


@subscribe("first_load.requested", queue="bulk", long=True)
def apply_first_load(delivery: Delivery) -> None:
    """The same for applying."""
    with translation.override(settings.LANGUAGE_CODE):
        while services.apply_next(first_load_id=delivery.payload["first_load_id"]):
            delivery.renew()
