"""A chart outside one's reach, found by its exact number: the offer to open it, for ten minutes and this person alone."""

from uuid import UUID

from django.core import signing

from emr.accounts.models import User
from patients.emergency_access import permissions
from patients.registry.models import Patient

_SALT = "patients.emergency_access.offer"
_SECONDS = 600


def offer(user: User, patient: Patient) -> str:
    """The mark that the search page carries; "" for who may not open charts so."""
    if not user.has_right(permissions.OPEN):
        return ""
    return signing.dumps([user.pk, str(patient.uuid)], salt=_SALT)


def offered_patient(user: User, mark: str) -> Patient | None:
    """The patient of the offer; None when it is old, another person's, or made up."""
    try:
        whose, patient_uuid = signing.loads(mark, salt=_SALT, max_age=_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    if whose != user.pk:
        return None
    return (
        Patient.objects.select_related("merged_into")
        .filter(facility_id=user.facility_id, uuid=UUID(patient_uuid))
        .first()
    )
