"""IN1 onto the patient's coverage: the card that the HIS has checked, once."""

from emr.common.errors import DomainError
from emr.common.masters import INSURANCE
from integrations.his.models import Freshness
from integrations.his.reading import Adt
from integrations.his.services.freshness import is_news, stamp
from integrations.hl7v2.segments import In1
from patients.coverage.models import Coverage
from patients.coverage.services import record_coverage
from patients.registry.access import same_person_ids
from patients.registry.models import Patient


def keep_insurance(adt: Adt, patient: Patient) -> None:
    """Take down the cards of IN1 with their validity, unless newer news is there or the EMR keeps them."""
    cards = [In1.read(segment) for segment in adt.parsed.all("IN1")]
    cards = [card for card in cards if isinstance(card.policy_number, str)]
    if not cards or not is_news(Freshness.Subject.PATIENT, patient.pk, INSURANCE, adt.described_at):
        return
    for card in cards:
        number = "".join(str(card.policy_number).split()).replace("-", "").upper()
        begins = card.plan_effective_date.on if card.plan_effective_date else None
        ends = card.plan_expiration_date.on if card.plan_expiration_date else None
        if _is_known(patient, number, begins, ends):
            continue
        if adt.keeps_here(INSURANCE):
            adt.left_alone(INSURANCE, "IN1")
            continue
        try:
            record_coverage(
                patient=patient,
                payer=Coverage.Payer.INSURANCE,
                card_number=number,
                by=adt.account,
                valid_from=begins,
                valid_until=ends,
            )
        except DomainError as refusal:
            adt.remark("left_out", text=f"IN1-36: {refusal}")
    if not adt.keeps_here(INSURANCE):
        stamp(Freshness.Subject.PATIENT, patient.pk, INSURANCE, adt.described_at, adt.message)


def _is_known(patient: Patient, number: str, begins: object, ends: object) -> bool:
    """The card is there; what a message leaves out doesn't make it another one."""
    rows = Coverage.objects.filter(
        patient__in=same_person_ids(patient), payer="BHYT", card_number=number, is_active=True
    )
    return any(begins in (None, row.valid_from) and ends in (None, row.valid_until) for row in rows)
