"""What other doors measured or corrected is scored too; who leaves calls nobody any more."""

import uuid

from emr.outbox import Delivery, subscribe
from encounters.monitoring import telling
from encounters.monitoring.services import assess
from encounters.visits.models import Encounter


def _assess(delivery: Delivery) -> None:
    encounter = Encounter.objects.select_related("patient__merged_into", "department", "facility").get(
        pk=delivery.payload["encounter_id"]
    )
    assess(encounter=encounter, batch=uuid.UUID(delivery.payload["batch"]))


@subscribe("vital_signs.recorded")
def score_round(delivery: Delivery) -> None:
    """Of a round that came in by another door; of one that is scored already it does nothing."""
    _assess(delivery)


@subscribe("vital_signs.corrected")
def score_again(delivery: Delivery) -> None:
    """A corrected number changes the score, or takes it back."""
    _assess(delivery)


@subscribe("encounter.discharged")
def stop_calling(delivery: Delivery) -> None:
    """The patient has left."""
    encounter = Encounter.objects.select_related("facility").get(pk=delivery.payload["encounter_id"])
    if not encounter.is_open:
        telling.stop(encounter)
