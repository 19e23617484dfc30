"""Extracts of a record: asked for by one person, decided by another, made by a worker, taken within their term."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from encounters.bundles.contents import extract_content, pieces
from encounters.bundles.models import Bundle, RecordExtract
from encounters.bundles.services.making import NOUN, heads
from encounters.documents.services import prints
from encounters.visits.models import Encounter

EXTRACT_DAYS = 30
declare(
    Whole(
        name="extract_days",
        room="bundles",
        label=gettext_lazy("An extract may be taken for at most"),
        help=gettext_lazy(
            "Counted from the day on which it is asked for; after that it is handed out no more."
        ),
        default=EXTRACT_DAYS,
        least=1,
        most=365,
        unit=pgettext_lazy("unit", "days"),
    )
)
Status = RecordExtract.Status


@transaction.atomic
def ask_extract(
    *,
    encounter: Encounter,
    parts: Sequence[str],
    receiver_kind: str,
    receiver: str,
    purpose: str,
    expires_on: dt.date,
    key: UUID,
    by: User,
    reference: str = "",
) -> RecordExtract:
    """Ask for chosen parts (public ids) of a record; the same form sent twice asks once. Raises DomainError."""
    last = local_today() + dt.timedelta(days=facility_setting(encounter.facility_id, "extract_days"))
    if not local_today() <= expires_on <= last:
        raise DomainError(
            _("The last day lies between today and %(day)s.") % {"day": f"{last:%d/%m/%Y}"},
            code="term",
            field="expires_on",
        )
    wanted = set(parts)
    chosen = [one["uuid"] for one in pieces(encounter) if one["uuid"] in wanted and one["flag"] != "replaced"]
    if not chosen or len(chosen) != len(wanted):
        raise DomainError(_("Choose what the extract holds."), code="no_parts", field="parts")
    try:
        with transaction.atomic():
            extract = RecordExtract.objects.create(
                facility_id=encounter.facility_id,
                patient_id=encounter.patient_id,
                encounter=encounter,
                key=key,
                receiver_kind=receiver_kind,
                receiver=receiver,
                purpose=purpose,
                reference=reference,
                parts=chosen,
                expires_on=expires_on,
                asked_by=by,
            )
    except IntegrityError:
        return RecordExtract.objects.get(asked_by=by, key=key)
    detail = {"parts": len(chosen), "receiver_kind": receiver_kind, "until": expires_on.isoformat()}
    record("record_extract.request", by=by, of=extract, detail=detail)
    return extract


def _locked(extract: RecordExtract) -> RecordExtract:
    return (
        RecordExtract.objects.select_for_update(of=("self",))
        .select_related("encounter__facility", "encounter__patient", "encounter__department", "decided_by")
        .get(pk=extract.pk)
    )


@transaction.atomic
def decide_extract(extract: RecordExtract, *, approve: bool, by: User, reason: str = "") -> RecordExtract:
    """Approve, and a worker makes it; or refuse with a reason. By somebody else than who asked. Raises DomainError."""
    found = _locked(extract)
    if found.asked_by_id == by.pk:
        raise DomainError(_("Somebody else decides on what you have asked for."), code="own")
    wanted = Status.APPROVED if approve else Status.REFUSED
    if found.status == wanted and found.decided_by_id == by.pk:
        return found  # pressed twice
    if found.status != Status.ASKED:
        raise DomainError(_("This extract is decided already."), code="decided")
    if approve and found.is_over:
        raise DomainError(_("Its last day has passed."), code="over")
    if not approve and not reason.strip():
        raise DomainError(_("Say why it is refused."), code="reason_missing", field="reason")
    found.status, found.decided_by, found.decided_at = wanted, by, now()
    found.decision_reason = reason.strip()[:300]
    found.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    record(f"record_extract.{'approve' if approve else 'refuse'}", by=by, of=found)
    if approve:
        prints.ask_for(
            Bundle(
                facility_id=found.facility_id,
                patient_id=found.patient_id,
                encounter=found.encounter,
                extract=found,
                archive_number=found.encounter.archive_number,
                log_heads=heads(),
            ),
            content=extract_content(found),
            noun=NOUN,
            by=by,
        )
    return found


@transaction.atomic
def withdraw_extract(extract: RecordExtract, *, by: User) -> RecordExtract:
    """It is handed out no more, and none is made any more; what was taken is taken."""
    found = _locked(extract)
    if found.status not in {Status.ASKED, Status.APPROVED}:
        return found
    found.status = Status.WITHDRAWN
    found.save(update_fields=["status"])
    record("record_extract.withdraw", by=by, of=found)
    made = Bundle.objects.filter(extract=found).first()
    if made is not None:
        prints.cancel(made, noun=NOUN, by=by)
    return found
