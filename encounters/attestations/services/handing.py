"""Who took a paper; the hospital's own short words."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from encounters.attestations.models import Abbreviation, Attestation, PaperHandover


@transaction.atomic
def hand_over(
    *,
    paper: Attestation,
    key: UUID,
    receiver_name: str,
    relationship: str,
    id_number: str,
    copies: int,
    by: User,
) -> PaperHandover:
    """Enter who took the paper; the same `key` again is the same hand-over. Raises DomainError unless the paper stands."""
    paper = Attestation.objects.select_for_update(of=("self",)).select_related("patient").get(pk=paper.pk)
    sent = PaperHandover.objects.filter(facility_id=paper.facility_id, key=key).first()
    if sent is not None:
        return sent
    if not paper.stands:
        raise DomainError(_("Only an issued paper that stands is handed over."), code="not_standing")
    row = PaperHandover.objects.create(
        facility_id=paper.facility_id,
        attestation=paper,
        key=key,
        receiver_name=tidy(receiver_name),
        relationship=tidy(relationship),
        id_number=tidy(id_number),
        copies=copies,
        handed_by=by,
    )
    record("attestation.hand_over", by=by, of=paper, patient=paper.patient, detail={"copies": copies})
    return row


@transaction.atomic
def add_abbreviation(*, short: str, full: str, by: User) -> Abbreviation:
    """A short word that this hospital writes. Raises DomainError when it has a meaning here already."""
    try:
        with transaction.atomic():
            row = Abbreviation.objects.create(
                facility_id=by.facility_id, short=tidy(short), full=tidy(full), added_by=by
            )
    except IntegrityError:
        raise DomainError(_("This short word is in the list already."), code="known", field="short") from None
    record("abbreviation.add", by=by, of=row, detail={"short": row.short})
    return row


@transaction.atomic
def remove_abbreviation(*, row: Abbreviation, by: User) -> None:
    """No longer proposed; what was written stays."""
    record("abbreviation.remove", by=by, of=row, detail={"short": row.short})
    row.delete()
