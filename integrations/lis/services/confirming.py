"""The laboratory answers for the identity of a result that integration staff corrected."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from integrations.lis.identity import REASON, REFUSED
from integrations.lis.models import IdentityConfirmation
from integrations.transport import services as transport
from integrations.transport.models import DeadLetter


@transaction.atomic
def answer_identity(letter: DeadLetter, *, is_confirmed: bool, note: str = "", by: User) -> None:
    """Yes: the copy is applied. No, with the reason: it stays a dead letter for who corrected it.

    Raises Conflict when somebody has answered or dealt with it, DomainError without a reason or by its own corrector.
    """
    letter = DeadLetter.objects.select_for_update(of=("self",)).select_related("message").get(pk=letter.pk)
    message = letter.message
    if letter.resolution or letter.reason != REASON:
        raise Conflict(_("Somebody has already dealt with this message."))
    if message.edited_by_id == by.pk:
        raise DomainError(_("Who corrected it doesn't confirm it."), code="own_correction")
    note = note.strip()[:300]
    if not is_confirmed and not note:
        raise DomainError(_("Say whose it is, or what is wrong."), code="no_reason", field="note")
    IdentityConfirmation.objects.create(
        facility_id=message.facility_id,
        message=message,
        is_confirmed=is_confirmed,
        note=note,
        answered_by=by,
        answered_at=now(),
    )
    record(
        "hl7_message.confirm_identity" if is_confirmed else "hl7_message.refuse_identity", by=by, of=message
    )
    if is_confirmed:
        transport.replay(letter, by=by)
    else:
        transport.bury(message, REFUSED, {"who": by.titled_name})
