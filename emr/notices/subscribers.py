"""What this room hears of."""

from emr.notices import house, services
from emr.notices.services.delivering import ATTEMPTS
from emr.outbox import Delivery, subscribe


@subscribe("notice_delivery.owed", queue="interactive", long=True, max_attempts=ATTEMPTS)
def send(delivery: Delivery) -> None:
    """A message is to leave the house."""
    services.send_delivery(delivery_id=delivery.payload["delivery_id"], owed=delivery)


@subscribe("backup.made", queue="sync")
def backup_made(delivery: Delivery) -> None:
    """The last backup is now."""
    house.heard_of_backup()


@subscribe("backup.failed", queue="sync")
def backup_failed(delivery: Delivery) -> None:
    """Somebody has to look at it today."""
    house.tell_of_failed_backup()
