"""What is made when a record's file was asked for."""

from emr.outbox import Delivery, subscribe
from encounters.bundles.services.making import work


@subscribe("bundle.requested", queue="bulk", long=True)
def make(delivery: Delivery) -> None:
    """Make it, once."""
    work(delivery)
