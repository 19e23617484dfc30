"""What comes to a closed record late: an addition by the doctor; results of the laboratory are told of (R-21, R-24)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.visits.models import Encounter


@transaction.atomic
def begin_addendum(
    *, encounter: Encounter, code: str, reason: str, by: User, happened_at: dt.datetime | None = None
) -> Document:
    """Begin a document that is added to a closed record, with the reason why it comes late.

    Raises DomainError by `code`: not_closed, archived (what is archived is reopened first), reason_required, or what
    `begin_document` refuses.
    """
    stay = Encounter.objects.select_for_update(of=("self",)).get(pk=encounter.pk)
    if not stay.is_record_closed:
        raise DomainError(_("The record is open: write the document as usual."), code="not_closed")
    if stay.record_state == Encounter.RecordState.ARCHIVED:
        raise DomainError(_("The record is archived: have it reopened first."), code="archived")
    if not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    document = documents.begin_document(
        encounter=stay, code=code, by=by, late_reason=reason.strip()[:200], happened_at=happened_at
    )
    record("record.add", by=by, of=document, detail={"code": document.code})
    return document
