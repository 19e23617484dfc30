"""Who moves or leaves is on no monitor any more."""

from emr.outbox import Delivery, subscribe
from integrations.monitors.services import end_uses_of


def _end(delivery: Delivery) -> None:
    end_uses_of(encounter_id=int(delivery.payload["encounter_id"]))


@subscribe("encounter.transferred")
def free_after_transfer(delivery: Delivery) -> None:
    """The monitor stays where it stands."""
    _end(delivery)


@subscribe("encounter.bed_changed")
def free_after_bed_change(delivery: Delivery) -> None:
    """The next one in the bed isn't measured as the former."""
    _end(delivery)


@subscribe("encounter.discharged")
def free_after_discharge(delivery: Delivery) -> None:
    """The patient has left."""
    _end(delivery)


@subscribe("encounter.transfer_cancelled")
def free_after_transfer_cancelled(delivery: Delivery) -> None:
    """The place that the monitor was put on the patient in never was."""
    _end(delivery)


@subscribe("encounter.admission_cancelled")
def free_after_admission_cancelled(delivery: Delivery) -> None:
    """There is no stay."""
    _end(delivery)


@subscribe("encounter.visit_cancelled")
def free_after_visit_cancelled(delivery: Delivery) -> None:
    """There never was a visit."""
    _end(delivery)
