"""The only way to what is measured: through the stay, for who may act where the patient is, or was when it was measured."""

import datetime as dt
from uuid import UUID

from django.http import Http404

from emr.accounts.access import Denied, demand
from emr.accounts.models import Organization, User
from encounters.monitoring import permissions
from encounters.monitoring.models import EarlyWarning, FluidEntry
from encounters.results.permissions import RECORD_VITAL_SIGNS
from encounters.visits.access import access_encounter, acts_here, demand_unlocked, refuse_in_emergency
from encounters.visits.models import Encounter, EncounterLocation


def access_stay_measured(
    user: User, encounter_uuid: UUID, at: dt.datetime | None, right: str = RECORD_VITAL_SIGNS
) -> Encounter:
    """The stay for who measures it: where the patient is now, or, of what was measured before they moved on, where they were
    at that time. Raises Denied (404 outside the person's reach, 403 where they don't act).
    """
    demand(user, right)
    stay = access_encounter(user, encounter_uuid)
    demand_unlocked(right, stay)
    if acts_here(user, right, stay):
        return stay
    if at is not None:
        then = (
            EncounterLocation.objects.filter(encounter=stay, cancelled_at=None, starts_at__lte=at)
            .exclude(ends_at__lte=at)
            .first()
        )
        if then is not None and acts_here(user, right, stay, department_id=then.department_id):
            return stay
    raise Denied(right, entity=stay, hidden=False)


def access_warning(user: User, warning_uuid: UUID) -> EarlyWarning:
    """The score of that public id for who may answer it; raises Denied."""
    found = EarlyWarning.objects.filter(facility_id=user.facility_id, uuid=warning_uuid).first()
    stay_uuid = (
        Encounter.objects.filter(pk=found.encounter_id).values_list("uuid", flat=True).first()
        if found
        else None
    )
    if found is None or stay_uuid is None:
        raise Denied(permissions.RESPOND, entity=None)
    found.encounter = access_encounter(user, stay_uuid, permissions.RESPOND)
    return found


def access_fluid(user: User, fluid_uuid: UUID) -> FluidEntry:
    """The amount of that public id for who may correct it; raises Denied."""
    found = FluidEntry.objects.filter(facility_id=user.facility_id, uuid=fluid_uuid).first()
    stay_uuid = (
        Encounter.objects.filter(pk=found.encounter_id).values_list("uuid", flat=True).first()
        if found
        else None
    )
    if found is None or stay_uuid is None:
        raise Denied(permissions.RECORD, entity=None)
    found.encounter = access_encounter(user, stay_uuid, permissions.RECORD)
    refuse_in_emergency(user, permissions.RECORD, found.encounter, owner_id=found.author_id)
    return found


def wards_for(user: User) -> list[Organization]:
    """The wards whose patients the person measures, by code."""
    wards = Organization.objects.filter(
        kind=Organization.Kind.DEPARTMENT, parent=user.facility_id, is_active=True, is_clinical=True
    )
    return [ward for ward in wards.order_by("code") if user.has_right(RECORD_VITAL_SIGNS, ward.pk)]


def access_ward(user: User, ward_uuid: UUID) -> Organization:
    """One of them; 404 for any other."""
    found = next((ward for ward in wards_for(user) if ward.uuid == ward_uuid), None)
    if found is None:
        raise Http404
    return found
