"""The only way to a measurement: through its stay."""

from uuid import UUID

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.results import permissions
from encounters.results.models import Observation
from encounters.visits.access import encounters_for, refuse_in_emergency


def access_observation(user: User, observation_uuid: UUID, right: str = permissions.READ) -> Observation:
    """The measurement of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = Observation.objects.select_related("encounter__patient").filter(uuid=observation_uuid).first()
    if found is None or not encounters_for(user, right).filter(pk=found.encounter_id).exists():
        raise Denied(right, entity=found)
    if right != permissions.READ:
        refuse_in_emergency(user, right, found.encounter, owner_id=found.performer_id)
    return found
