"""The only way to a record's file and to an extract: through the stay (S-01)."""

from uuid import UUID

from django.db.models import QuerySet

from emr.accounts.access import Denied, demand
from emr.accounts.models import User
from encounters.bundles import permissions
from encounters.bundles.models import Bundle, RecordExtract
from encounters.visits.access import stay_reached


def access_bundle(user: User, bundle_uuid: UUID, right: str = permissions.READ) -> Bundle:
    """The file of that public id, extracts' not; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = (
        Bundle.objects.filter(
            stay_reached(user, right, "encounter"), facility_id=user.facility_id, extract=None
        )
        .select_related("encounter__department", "patient", "requested_by", "attachment__key")
        .filter(uuid=bundle_uuid)
        .first()
    )
    if found is None:
        raise Denied(right, entity=Bundle.objects.filter(uuid=bundle_uuid).first())
    return found


def extracts_for(user: User, right: str) -> QuerySet[RecordExtract]:
    """The extracts of the stays that the person reaches with the right."""
    return RecordExtract.objects.filter(stay_reached(user, right, "encounter"), facility_id=user.facility_id)


def access_extract(user: User, extract_uuid: UUID, right: str = permissions.EXTRACT) -> RecordExtract:
    """The extract of that public id; raises Denied (404 outside the person's reach)."""
    demand(user, right)
    found = (
        extracts_for(user, right)
        .select_related(
            "encounter__department", "patient", "asked_by", "decided_by", "bundle__attachment__key"
        )
        .defer("bundle__content")
        .filter(uuid=extract_uuid)
        .first()
    )
    if found is None:
        raise Denied(right, entity=RecordExtract.objects.filter(uuid=extract_uuid).first())
    return found
