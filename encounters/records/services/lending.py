"""Archived records are lent: on the screen until a term, when they close by themselves, or as a folder against signature."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from encounters.records.models import Keeping, Loan
from encounters.visits.models import Encounter
from patients.registry.models import CareContext
from patients.registry.services import cut_care, open_care

declare(
    Whole(
        name="record_loan_days",
        room="records",
        label=gettext_lazy("An archived record is lent for at most"),
        default=15,
        least=1,
        most=180,
        unit=pgettext_lazy("unit", "days"),
        is_grave=True,
    )
)


@transaction.atomic
def ask_for_loan(
    *,
    encounter: Encounter,
    kind: str,
    borrower: User | None,
    outsider: str,
    purpose: str,
    paper_number: str,
    ends_at: dt.datetime,
    is_kept_closely: bool = False,
    by: User,
    request_key: UUID | None = None,
) -> Loan:
    """Prepare a lending; somebody else approves it. A form sent twice is one.

    Raises DomainError by `code`: not_archived, no_borrower, no_purpose, bad_term, no_folder, kept_closely.
    """
    stay = Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    if request_key is not None and (
        told := Loan.objects.filter(facility_id=stay.facility_id, request_key=request_key).first()
    ):
        return told
    if stay.record_state != Encounter.RecordState.ARCHIVED:
        raise DomainError(_("Only an archived record is lent."), code="not_archived")
    if not purpose.strip():
        raise DomainError(_("Say what the record is needed for."), code="no_purpose", field="purpose")
    if (borrower is None) == (not outsider.strip()) or (borrower is None and kind != Loan.Kind.FOLDER):
        message = _("Name one borrower. On the screen only staff read; others read by an inspection mandate.")
        raise DomainError(message, code="no_borrower", field="borrower")
    longest = dt.timedelta(days=int(facility_setting(stay.facility_id, "record_loan_days")))
    if not now() < ends_at <= now() + longest + dt.timedelta(days=1):
        message = _("The term lies in the next %(days)d days.")
        raise DomainError(message % {"days": longest.days}, code="bad_term", field="ends_at")
    if kind == Loan.Kind.FOLDER and not Keeping.objects.filter(encounter=stay, is_hybrid=True).exists():
        raise DomainError(_("This record has no paper folder."), code="no_folder", field="kind")
    if stay.patient.is_restricted and not is_kept_closely:
        message = _("This chart is kept closely: tick that this very person is to read it.")
        raise DomainError(message, code="kept_closely", field="is_kept_closely")
    loan = Loan.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        kind=kind,
        borrower=borrower,
        outsider=outsider.strip()[:200],
        purpose=purpose.strip()[:300],
        paper_number=paper_number.strip()[:60],
        is_kept_closely=is_kept_closely and stay.patient.is_restricted,
        ends_at=ends_at,
        asked_by=by,
        request_key=request_key,
    )
    record("record_loan.prepare", by=by, of=loan, patient=stay.patient, detail={"kind": kind})
    return loan


def _locked(loan: Loan, status: str) -> Loan:
    row = (
        Loan.objects.select_for_update(of=("self",))
        .select_related("encounter__patient", "borrower")
        .get(pk=loan.pk)
    )
    if row.status != status:
        raise Conflict(_("Somebody has dealt with this lending already."), code="dealt_with")
    return row


@transaction.atomic
def approve_loan(*, loan: Loan, by: User) -> Loan:
    """Let it come into force: the borrower reads on the screen from now to the term, or takes the folder.

    Raises DomainError for one's own, for a term that is over, and while the folder is in other hands.
    """
    row = _locked(loan, Loan.Status.ASKED)
    if row.asked_by_id == by.pk:
        raise DomainError(_("Somebody else approves what you have prepared."), code="own")
    if row.ends_at <= now():
        raise DomainError(_("Its term is over."), code="bad_term")
    if (
        row.kind == Loan.Kind.FOLDER
        and Loan.objects.filter(
            encounter=row.encounter, kind=Loan.Kind.FOLDER, status=Loan.Status.LENT
        ).exists()
    ):
        raise DomainError(_("The folder is lent already."), code="folder_away")
    row.status, row.decided_by, row.decided_at = Loan.Status.LENT, by, now()
    row.save(update_fields=["status", "decided_by", "decided_at"])
    if row.kind == Loan.Kind.ELECTRONIC and row.borrower is not None:
        open_care(
            patient=row.encounter.patient,
            practitioner=row.borrower,
            reason=CareContext.LISTED_CLOSELY if row.is_kept_closely else CareContext.LISTED,
            source=row.care_source,
            ends_at=row.ends_at,
        )
    detail = {"kind": row.kind, "borrower": row.borrower_id, "until": row.ends_at}
    record("record_loan.approve", by=by, of=row, patient=row.encounter.patient, detail=detail)
    return row


@transaction.atomic
def refuse_loan(*, loan: Loan, reason: str, by: User) -> Loan:
    """Say no, and why."""
    row = _locked(loan, Loan.Status.ASKED)
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    if row.asked_by_id == by.pk:
        raise DomainError(_("Somebody else approves what you have prepared."), code="own")
    row.status, row.decided_by, row.decided_at = Loan.Status.REFUSED, by, now()
    row.refusal = reason.strip()[:300]
    row.save(update_fields=["status", "decided_by", "decided_at", "refusal"])
    record("record_loan.refuse", by=by, of=row, patient=row.encounter.patient)
    return row


@transaction.atomic
def return_loan(*, loan: Loan, by: User) -> Loan:
    """The folder is back on its shelf, or the chart closes before its term."""
    row = _locked(loan, Loan.Status.LENT)
    row.status, row.returned_by, row.returned_at = Loan.Status.RETURNED, by, now()
    row.save(update_fields=["status", "returned_by", "returned_at"])
    cut_care(source=row.care_source)
    record("record_loan.return", by=by, of=row, patient=row.encounter.patient)
    return row
