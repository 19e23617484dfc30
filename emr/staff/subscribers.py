"""Long lists of staff are applied by a worker; heads hear of who stands in."""

from emr.outbox import Delivery, subscribe
from emr.staff import services, telling


@subscribe("staff_import.requested", queue="bulk", long=True)
def apply_staff_import(delivery: Delivery) -> None:
    """Row after row, each chunk a transaction of its own; begun anew it goes on where it stopped."""
    while services.apply_import(staff_import_id=delivery.payload["staff_import_id"]):
        delivery.renew()


@subscribe("cover_duty.started", queue="interactive")
def tell_of_cover(delivery: Delivery) -> None:
    """The head of the department finds it in the inbox."""
    telling.tell_of_cover(cover_duty_id=delivery.payload["cover_duty_id"])
