"""The only way to a tube: through its stay."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.specimens import permissions
from encounters.specimens.models import Specimen
from encounters.visits.access import acts_here, demand_unlocked, reaches_stay


def access_specimen(user: User, specimen_uuid: UUID, right: str = permissions.COLLECT) -> Specimen:
    """The tube of that public id; raises Denied (404 outside the person's reach, 403 where the patient no longer is)."""
    demand(user, right)
    found = _tubes().filter(uuid=specimen_uuid).first()
    if found is None or not reaches_stay(user, found.encounter_id, right):
        raise Denied(right, entity=found)
    demand_unlocked(right, found.encounter)
    if not acts_here(user, right, found.encounter):
        raise Denied(right, entity=found, hidden=False)
    return found


def labelled(user: User, code: str, right: str = permissions.COLLECT) -> Specimen | None:
    """The tube whose label was scanned, whoever it is of; None when no label of the facility has this number.

    A label of somebody out of reach is found too: that it is the wrong one must be said. Nothing of whose it is, is.
    """
    demand(user, right)
    return _tubes().filter(facility_id=user.facility_id, accession_number=code.strip().upper()[:16]).first()


def _tubes() -> QuerySet[Specimen]:
    return Specimen.objects.select_related(
        "encounter__department", "encounter__patient", "patient", "collector"
    )
