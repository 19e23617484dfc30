"""The only way to a first load, and to past stays, as a user."""

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from emr.accounts.access import Denied
from emr.accounts.models import User
from encounters.visits.permissions import READ
from integrations.loading import permissions
from integrations.loading.models import FirstLoad, PastStay
from patients.registry.access import access_patient, same_person_ids
from patients.registry.models import Patient


def loads_for(user: User) -> QuerySet[FirstLoad]:
    """The facility's loads, newest first."""
    return FirstLoad.objects.filter(facility_id=user.facility_id).select_related("by").order_by("-id")


def access_load(user: User, load_uuid: UUID) -> FirstLoad:
    """One of them; raises Denied (404)."""
    found = loads_for(user).filter(uuid=load_uuid).first()
    if found is None or not user.has_right(permissions.LOAD):
        raise Denied("first_load.read", entity=found)
    return found


def _latest(rows: QuerySet[PastStay]) -> QuerySet[PastStay]:
    newest = PastStay.objects.filter(facility=OuterRef("facility"), number=OuterRef("number")).order_by("-id")
    return rows.filter(pk=Subquery(newest.values("pk")[:1]))


def past_stays_of(user: User, patient_uuid: UUID) -> tuple[Patient, QuerySet[PastStay]]:
    """The patient, and what the HIS told of the person's stays, the last first; raises Denied (404)."""
    patient = access_patient(user, patient_uuid, READ)
    rows = PastStay.objects.filter(patient__in=same_person_ids(patient))
    return patient, _latest(rows).defer("content").order_by("-began_at")


def access_past_stay(user: User, past_uuid: UUID) -> PastStay:
    """One past stay whose patient the person reaches; raises Denied (404)."""
    found = (
        PastStay.objects.select_related("patient")
        .filter(uuid=past_uuid, facility_id=user.facility_id)
        .first()
    )
    if found is None:
        raise Denied("past_stay.read")
    access_patient(user, found.patient.uuid, READ)
    return found
