"""A chart is kept closely: only the care team, the people named and whom the facility's rule names see it (S-05)."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.outbox import publish
from patients.registry.models import CareContext, Confidentiality, ConfidentialityReason, Patient
from patients.registry.services.care import open_care


def source_of(patient: Patient) -> str:
    """Where the contexts of the people named come from; the survivor's, since a merge is one person."""
    return f"restriction:{patient.root_id}"


@transaction.atomic
def restrict_patient(
    *, patient: Patient, level: str, reason: str = "", named: Iterable[User] = (), by: User
) -> Patient:
    """Set how closely the chart is kept, for every row of the person; the people named see it until they are named no more.

    Who restricts a chart is named too: nobody shuts themselves out by mistake. Refuses a level without its reason and
    people of another facility.
    """
    if level not in Confidentiality.values:
        raise DomainError(_("Choose a level."), code="unknown_level", field="level")
    if level == Confidentiality.NORMAL:
        reason, people = "", {}
    else:
        if reason not in ConfidentialityReason.values:
            raise DomainError(_("Choose the reason."), code="no_reason", field="reason")
        people = {person.pk: person for person in [by, *named]}
        if any(person.facility_id != patient.facility_id for person in people.values()):
            raise DomainError(_("Somebody named works in another facility."), code="other_facility")
    rows = Patient.objects.select_for_update().filter(pk=patient.root_id) | Patient.objects.filter(
        merged_into_id=patient.root_id
    )
    for row in rows.order_by("pk"):
        row.confidentiality, row.confidentiality_reason = level, reason
        row.save(update_fields=["confidentiality", "confidentiality_reason"])
    _name(patient, people)
    record(
        "patient.restrict",
        by=by,
        of=patient,
        patient=patient,
        # Without the reason: the log's readers have no clinical access.
        detail={"level": level, "named": sorted(people)},
    )
    publish("patient.restricted", order_key=f"patient:{patient.root_id}", patient_id=patient.root_id)
    patient.refresh_from_db(fields=["confidentiality", "confidentiality_reason"])
    return patient


def _name(patient: Patient, people: dict[int, User]) -> None:
    """Let these people see the chart, and those no longer among them not."""
    source, moment = source_of(patient), now()
    named = set()
    for context in CareContext.objects.select_for_update().filter(source=source, ends_at=None):
        if context.practitioner_id in people:
            named.add(context.practitioner_id)
            continue
        context.ends_at = max(moment, context.starts_at)
        context.save(update_fields=["ends_at"])
    for key, person in people.items():
        if key not in named:
            open_care(patient=patient, practitioner=person, reason=CareContext.NAMED, source=source)


def carry_restriction(*, survivor_id: int) -> None:
    """Rows that became one person are kept as closely as the closest of them."""
    rows = Patient.objects.filter(pk=survivor_id) | Patient.objects.filter(merged_into_id=survivor_id)
    closest = max(rows, key=lambda row: ["N", "R", "V"].index(row.confidentiality))
    if not closest.is_restricted:
        return
    for row in rows.exclude(confidentiality=closest.confidentiality):
        row.confidentiality = closest.confidentiality
        row.confidentiality_reason = closest.confidentiality_reason
        row.save(update_fields=["confidentiality", "confidentiality_reason"])
