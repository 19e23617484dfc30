"""Changes of our orders are told to the HIS; what it answers comes back to the prescriber."""

from emr.common.masters import ALLERGIES, DEMOGRAPHICS
from emr.outbox import Delivery, subscribe
from integrations.his.services import keep_refusals, tell_his, tell_person, tell_stay


def _tell(delivery: Delivery) -> None:
    noun, _dot, verb = delivery.topic.partition(".")
    tell_his(noun=noun, order_id=int(delivery.payload["order_id"]), verb=verb, fact=delivery.event_id)


@subscribe("medication_request.placed", queue="sync")
def tell_medicine_placed(delivery: Delivery) -> None:
    """NW."""
    _tell(delivery)


@subscribe("medication_request.held", queue="sync")
def tell_medicine_held(delivery: Delivery) -> None:
    """HD."""
    _tell(delivery)


@subscribe("medication_request.resumed", queue="sync")
def tell_medicine_resumed(delivery: Delivery) -> None:
    """RL."""
    _tell(delivery)


@subscribe("medication_request.revoked", queue="sync")
def tell_medicine_revoked(delivery: Delivery) -> None:
    """CA."""
    _tell(delivery)


@subscribe("medication_request.entered_in_error", queue="sync")
def tell_medicine_in_error(delivery: Delivery) -> None:
    """CA: it never should have been."""
    _tell(delivery)


@subscribe("service_request.placed", queue="sync")
def tell_service_placed(delivery: Delivery) -> None:
    """NW."""
    _tell(delivery)


@subscribe("service_request.held", queue="sync")
def tell_service_held(delivery: Delivery) -> None:
    """HD."""
    _tell(delivery)


@subscribe("service_request.resumed", queue="sync")
def tell_service_resumed(delivery: Delivery) -> None:
    """RL."""
    _tell(delivery)


@subscribe("service_request.revoked", queue="sync")
def tell_service_revoked(delivery: Delivery) -> None:
    """CA."""
    _tell(delivery)


@subscribe("service_request.entered_in_error", queue="sync")
def tell_service_in_error(delivery: Delivery) -> None:
    """CA: it never should have been."""
    _tell(delivery)


@subscribe("hl7_message.answered", queue="sync")
def read_answer(delivery: Delivery) -> None:
    """The HIS has said whether it takes the order."""
    keep_refusals(message_id=int(delivery.payload["message_id"]))


def _tell_stay(delivery: Delivery) -> None:
    tell_stay(
        verb=delivery.topic.partition(".")[2],
        encounter_id=int(delivery.payload["encounter_id"]),
        fact=delivery.event_id,
    )


@subscribe("encounter.started", queue="sync")
def tell_stay_started(delivery: Delivery) -> None:
    """A04."""
    _tell_stay(delivery)


@subscribe("encounter.admitted", queue="sync")
def tell_stay_admitted(delivery: Delivery) -> None:
    """A01."""
    _tell_stay(delivery)


@subscribe("encounter.transferred", queue="sync")
def tell_stay_transferred(delivery: Delivery) -> None:
    """A02."""
    _tell_stay(delivery)


@subscribe("encounter.bed_changed", queue="sync")
def tell_stay_bed_changed(delivery: Delivery) -> None:
    """A02: the bed alone is another."""
    _tell_stay(delivery)


@subscribe("encounter.discharged", queue="sync")
def tell_stay_discharged(delivery: Delivery) -> None:
    """A03."""
    _tell_stay(delivery)


@subscribe("encounter.updated", queue="sync")
def tell_stay_updated(delivery: Delivery) -> None:
    """A08."""
    _tell_stay(delivery)


@subscribe("encounter.admission_cancelled", queue="sync")
def tell_stay_admission_cancelled(delivery: Delivery) -> None:
    """A11."""
    _tell_stay(delivery)


@subscribe("encounter.visit_cancelled", queue="sync")
def tell_stay_visit_cancelled(delivery: Delivery) -> None:
    """A11."""
    _tell_stay(delivery)


@subscribe("encounter.transfer_cancelled", queue="sync")
def tell_stay_transfer_cancelled(delivery: Delivery) -> None:
    """A12."""
    _tell_stay(delivery)


@subscribe("encounter.discharge_cancelled", queue="sync")
def tell_stay_discharge_cancelled(delivery: Delivery) -> None:
    """A13."""
    _tell_stay(delivery)


def _tell_person(delivery: Delivery, matter: str) -> None:
    tell_person(matter=matter, patient_id=int(delivery.payload["patient_id"]), fact=delivery.event_id)


@subscribe("patient.updated", queue="sync")
def tell_patient_updated(delivery: Delivery) -> None:
    """A31."""
    _tell_person(delivery, DEMOGRAPHICS)


@subscribe("history.changed", queue="sync")
def tell_allergies_changed(delivery: Delivery) -> None:
    """A31, where allergies are ours."""
    _tell_person(delivery, ALLERGIES)
