"""Long lists of staff are applied by a worker."""

from emr.outbox import Delivery, subscribe
from emr.staff import services


@subscribe("staff_import.requested", queue="bulk", long=True)
def apply_staff_import(delivery: Delivery) -> None:
    """Row after row, each chunk a transaction of its own; begun anew it goes on where it stopped."""
    while services.apply_import(staff_import_id=delivery.payload["staff_import_id"]):
        delivery.renew()
