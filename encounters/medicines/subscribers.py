"""Orders and stays change: their doses follow."""

from emr.outbox import Delivery, subscribe
from encounters.medicines.services import note_urgent_dose, plan_order, plan_stay, plan_with_earlier


@subscribe("medication_request.placed")
def placed(delivery: Delivery) -> None:
    """New doses, and the end of those that it carries on."""
    plan_with_earlier(order_id=int(delivery.payload["order_id"]))


@subscribe("medication_request.completed")
def completed(delivery: Delivery) -> None:
    """Nothing more is due; an urgent dose that was given stands among the given ones."""
    order_id = int(delivery.payload["order_id"])
    note_urgent_dose(order_id=order_id)
    plan_order(order_id=order_id)


def _plan_again(delivery: Delivery) -> None:
    plan_order(order_id=int(delivery.payload["order_id"]))


@subscribe("medication_request.held")
def held(delivery: Delivery) -> None:
    """What comes waits."""
    _plan_again(delivery)


@subscribe("medication_request.resumed")
def resumed(delivery: Delivery) -> None:
    """It goes on from now."""
    _plan_again(delivery)


@subscribe("medication_request.revoked")
def revoked(delivery: Delivery) -> None:
    """Nothing more is due."""
    _plan_again(delivery)


@subscribe("medication_request.entered_in_error")
def entered_in_error(delivery: Delivery) -> None:
    """Nothing of it was ever due."""
    _plan_again(delivery)


@subscribe("medication_administration.taken_back")
def taken_back(delivery: Delivery) -> None:
    """The dose is open again where its order wants it."""
    _plan_again(delivery)


def _plan_stay_again(delivery: Delivery) -> None:
    plan_stay(encounter_id=int(delivery.payload["encounter_id"]))


@subscribe("encounter.discharged")
def discharged(delivery: Delivery) -> None:
    """Nothing is due after the patient has left."""
    _plan_stay_again(delivery)


@subscribe("encounter.discharge_cancelled")
def discharge_cancelled(delivery: Delivery) -> None:
    """What ended with the discharge is due again."""
    _plan_stay_again(delivery)


@subscribe("encounter.visit_cancelled")
def visit_cancelled(delivery: Delivery) -> None:
    """There never was a stay."""
    _plan_stay_again(delivery)
