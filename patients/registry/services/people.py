"""The patient's people: whom to notify, who may decide and sign (R-14)."""

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from patients.registry.models import Patient, RelatedPerson


class PersonDetails(TypedDict, total=False):
    """What is known of the person; texts as typed, codes of their systems."""

    id_number: str
    phone: str
    address: str
    is_contact: bool
    is_representative: bool
    basis: str
    basis_reference: str


@transaction.atomic
def set_related_person(
    *,
    patient: Patient,
    full_name: str,
    relationship: str,
    by: User | None,
    replaces: RelatedPerson | None = None,
    **details: Unpack[PersonDetails],
) -> RelatedPerson:
    """Add a person, or put a corrected row in the place of `replaces`, which is ended and kept.

    A representative needs the basis of their authority and an ID number.
    """
    full_name = tidy(full_name)
    if not full_name:
        raise DomainError(_("Enter the person's name."), code="no_name", field="full_name")
    if details.get("is_representative"):
        if not details.get("basis"):
            raise DomainError(
                _("Say by what right this person represents the patient."), code="no_basis", field="basis"
            )
        if not details.get("id_number", "").strip():
            raise DomainError(
                _("A representative signs with an ID number: enter it."), code="no_id", field="id_number"
            )
    if replaces is not None:
        end_related_person(person=replaces, by=by)
    person = RelatedPerson.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        full_name=full_name,
        relationship=relationship,
        **details,
    )
    record("related_person.set", by=by, of=person, patient=patient)
    return person


@transaction.atomic
def end_related_person(*, person: RelatedPerson, by: User | None) -> None:
    """The person no longer stands for the patient; papers they signed still name them."""
    if person.ended_at is not None:
        return
    person.ended_at = now()
    person.save(update_fields=["ended_at"])
    record("related_person.end", by=by, of=person)
