"""Taking down who pays."""

import datetime as dt
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.masters import INSURANCE, demand_ours, kept_by
from emr.outbox import publish
from patients.coverage.models import CARD_NUMBER, Coverage
from patients.registry import systems
from patients.registry.access import same_person
from patients.registry.cards import Card
from patients.registry.models import Patient
from patients.registry.services import add_identifier


class CoverageDetails(TypedDict, total=False):
    """What a card says beside its number."""

    benefit_level: str
    valid_from: dt.date | None
    valid_until: dt.date | None
    registered_facility: str
    five_years_on: dt.date | None
    living_area: str
    copayment_exempt_from: dt.date | None
    address_text: str
    card_line: str


def _tidy_number(card_number: str) -> str:
    return "".join(card_number.split()).replace("-", "").upper()


@transaction.atomic
def record_coverage(
    *,
    patient: Patient,
    payer: str,
    by: User | None,
    card_number: str = "",
    replaces: Coverage | None = None,
    **details: Unpack[CoverageDetails],
) -> Coverage:
    """Take down a card or another payer; the same card with the same first day is corrected in place of doubled.

    The insurance number becomes one of the patient's numbers, so that search and the next scan find it. Refuses a
    card number that has neither 15 characters nor 10 or 12 digits, and a validity that ends before it begins.
    """
    demand_ours(patient.facility_id, INSURANCE, patient)
    card_number = _tidy_number(card_number)
    if payer not in Coverage.Payer.values:
        raise DomainError(_("Choose who pays."), code="no_payer", field="payer")
    if payer == Coverage.Payer.INSURANCE and not CARD_NUMBER.fullmatch(card_number):
        raise DomainError(
            _("A card number has 15 characters, or 10 or 12 digits."),
            code="bad_card_number",
            field="card_number",
        )
    begins, ends = details.get("valid_from"), details.get("valid_until")
    if begins and ends and ends < begins:
        raise DomainError(_("The validity ends before it begins."), code="bad_validity", field="valid_until")
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    same = Coverage.objects.filter(
        patient__in=same_person(patient),
        payer=payer,
        card_number=card_number,
        valid_from=begins,
        is_active=True,
    )
    for earlier in {replaces, same.first()} - {None}:
        end_coverage(coverage=earlier, by=by)  # type: ignore[arg-type]
    row = Coverage.objects.create(
        facility_id=patient.facility_id,
        patient=patient,
        payer=payer,
        card_number=card_number,
        recorded_by=by,
        **details,
    )
    if row.insurance_number and len(row.insurance_number) != 12:
        add_identifier(patient=patient, system=systems.INSURANCE, value=row.insurance_number, by=by)
    record("coverage.record", by=by, of=row, patient=patient, detail={"payer": payer})
    publish("coverage.recorded", order_key=f"patient:{patient.pk}", coverage_id=row.pk)
    return row


@transaction.atomic
def end_coverage(*, coverage: Coverage, by: User | None) -> None:
    """The row no longer counts; visits that used it still name it."""
    if not coverage.is_active:
        return
    demand_ours(coverage.facility_id, INSURANCE, coverage.patient)
    coverage.is_active = False
    coverage.save(update_fields=["is_active"])
    record("coverage.end", by=by, of=coverage, patient=coverage.patient)


def keep_insurance_card(patient: Patient, card: Card, by: User) -> None:
    """Keep what a scanned insurance card says, unless this very card is known or the number on it is no card number."""
    if card.kind != "insurance" or not by.has_right("coverage.write"):
        return
    if kept_by(patient.facility_id, INSURANCE, patient):
        return
    number = _tidy_number(card.insurance_number)
    if not CARD_NUMBER.fullmatch(number):
        return
    said: CoverageDetails = {
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "registered_facility": card.registered_facility,
        "five_years_on": card.five_years_on,
        "living_area": card.living_area,
        "address_text": card.address_text[:400],
        "card_line": "|".join(card.extra),
    }
    if said["valid_from"] and said["valid_until"] and said["valid_until"] < said["valid_from"]:
        said["valid_until"] = None
    known = Coverage.objects.filter(
        patient__in=same_person(patient), card_number=number, is_active=True, **said
    )
    if not known.exists():
        record_coverage(patient=patient, payer=Coverage.Payer.INSURANCE, card_number=number, by=by, **said)
