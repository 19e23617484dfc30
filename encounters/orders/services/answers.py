"""Answers to what the checks ask: kept for good, with who gave them."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents.models import Document
from encounters.orders.models import CheckAnswer, RepeatDecision, ServiceRequest
from encounters.orders.selectors.checking import alerts_of
from encounters.orders.selectors.earlier import repeats_of
from encounters.orders.services.lines import demand_writable, remove_draft

REASON_AT_LEAST = 3


def _reason(text: str) -> str:
    reason = " ".join(text.split())[:300]
    if len(reason) < REASON_AT_LEAST:
        raise DomainError(_("Say why."), code="reason_missing", field="reason")
    return reason


@transaction.atomic
def answer_check(*, entry: Document, order_uuid: str, key: str, reason: str, by: User) -> CheckAnswer:
    """Keep why the medicine is ordered all the same. The check is made anew here; answered twice is answered once."""
    entry = demand_writable(entry)
    alert = next((one for one in alerts_of(entry) if (one.order_uuid, one.key) == (order_uuid, key)), None)
    if alert is None:
        raise DomainError(_("This question is no longer asked."), code="no_question")
    found, is_new = CheckAnswer.objects.get_or_create(
        order_uuid=order_uuid,
        key=key,
        defaults={
            "facility_id": entry.facility_id,
            "patient_id": entry.patient_id,
            "encounter_id": entry.encounter_id,
            "entry": entry,
            "order_text": alert.message[:300],
            "reason": _reason(reason),
            "answered_by": by,
            "level": alert.level,
            "message": alert.message[:600],
            "source": alert.source,
        },
    )
    if is_new:
        record("order_check.answer", by=by, of=found, detail={"level": alert.level})
    return found


@transaction.atomic
def decide_repeat(
    *, entry: Document, order_uuid: str, decision: str, reason: str, by: User
) -> RepeatDecision:
    """Use the earlier result (the draft line is struck) or repeat the test, with the reason; decided twice is once."""
    entry = demand_writable(entry)
    if kept := RepeatDecision.objects.filter(order_uuid=order_uuid).first():
        return kept
    repeat = next((one for one in repeats_of(entry) if one.order_uuid == order_uuid), None)
    if repeat is None or decision not in RepeatDecision.Decision.values:
        raise DomainError(_("This question is no longer asked."), code="no_question")
    reuses = decision == RepeatDecision.Decision.REUSE
    found = RepeatDecision.objects.create(
        facility_id=entry.facility_id,
        patient_id=entry.patient_id,
        encounter_id=entry.encounter_id,
        entry=entry,
        order_uuid=order_uuid,
        order_text=repeat.text,
        reason=reason.strip()[:300] if reuses else _reason(reason),
        answered_by=by,
        decision=decision,
        code=repeat.code,
        earlier_at=repeat.at,
        earlier_reference=repeat.earlier.url[:200],
        window_hours=repeat.window_hours,
        price=repeat.price,
    )
    record("order_check.answer", by=by, of=found, detail={"decision": decision})
    if reuses:
        remove_draft(order=ServiceRequest.objects.get(uuid=order_uuid, entry=entry), by=by)
    return found
