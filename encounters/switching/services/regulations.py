"""The hospital's rules for electronic records: put in force, and read."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from emr.common.vietnamese import tidy
from emr.storage.services import store_bytes
from emr.storage.strangers import kind_of
from encounters.switching import telling
from encounters.switching.models import Regulation, RegulationReading

LARGEST = 20 * 2**20


@transaction.atomic
def issue_regulation(
    *,
    facility: Organization,
    number: str,
    issued_on: dt.date,
    begins_on: dt.date,
    signer: str,
    summary: str,
    data: bytes,
    by: User,
    after: int,
) -> Regulation:
    """Keep the signed rules as the facility's next version; staff is asked to read it.

    `after`: how many versions there were when the page was opened (sent twice is a Conflict). `data`: the signed PDF.
    Raises DomainError without number or signer, for a day of signing in the future, one that begins before it was signed,
    and for a file that is no PDF, empty or too large.
    """
    Organization.objects.select_for_update().get(pk=facility.pk)
    number, signer = tidy(number), tidy(signer)
    for field, value in (("number", number), ("signer", signer)):
        if not value:
            raise DomainError(_("Number and signer stand on the paper."), code="incomplete", field=field)
    if issued_on > local_today():
        raise DomainError(_("It can't have been signed after today."), code="future", field="issued_on")
    if begins_on < issued_on:
        message = _("Rules aren't in force before they are signed.")
        raise DomainError(message, code="early", field="begins_on")
    if len(data) > LARGEST:
        raise DomainError(_("The file is larger than 20 MB."), code="bad_file", field="file")
    if kind_of(data) != "application/pdf":
        raise DomainError(_("The file isn't a PDF."), code="bad_file", field="file")
    count = Regulation.objects.filter(facility=facility).count()
    if count != after:
        message = _("Another version was put in since you opened this page. Look at it again.")
        raise Conflict(message, code="changed")
    made = Regulation.objects.create(
        facility=facility,
        version=count + 1,
        number=number[:60],
        issued_on=issued_on,
        begins_on=begins_on,
        signer=signer[:120],
        summary=tidy(summary)[:500],
        file=store_bytes(data, content_type="application/pdf", facility=facility),
        entered_by=by,
    )
    telling.tell(made)
    record("regulation.issue", by=by, of=made, detail={"number": made.number, "version": made.version})
    return made


@transaction.atomic
def note_reading(*, regulation: Regulation, by: User) -> RegulationReading:
    """The person has read this version; said twice it is said once."""
    made, is_new = RegulationReading.objects.get_or_create(
        regulation=regulation, reader=by, defaults={"facility_id": regulation.facility_id}
    )
    if is_new:
        record("regulation.confirm", by=by, of=regulation, detail={"version": regulation.version})
    return made
