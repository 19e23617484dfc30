"""People's own contact data, and a trial that it works."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.notices.channels import is_set_up
from emr.notices.models import Contact, Notice
from emr.notices.services.telling import FIELDS, address_of, notify

TRIAL = "notices.trial"


@transaction.atomic
def save_contact(contact: Contact, *, by: User) -> Contact:
    """Keep a person's own contact data; the log names what was changed, not to what. A changed address is confirmed anew."""
    if contact.user_id != by.pk:
        raise DomainError(_("Contact data is everybody's own."), code="not_yours")
    before = Contact.objects.filter(user=by).first()
    names = ("email", "phone", "chat", "muted_channels", "quiet_from", "quiet_until")
    changed = [name for name in names if getattr(before, name, None) != getattr(contact, name)]
    for name in FIELDS.values():
        if name in changed:
            setattr(contact, f"{name}_confirmed_at", None)
    contact.save()
    record("contact.change", by=by, of=contact, detail={"fields": changed})
    return contact


@transaction.atomic
def try_contact(*, by: User) -> Notice:
    """Send oneself a notice by every channel; once a minute, so that nobody's telephone is rung all day."""
    contact = Contact.objects.filter(user=by).first()
    reachable = [c for c in ("email", "sms", "chat") if contact and address_of(contact, c) and is_set_up(c)]
    if not reachable:
        raise DomainError(
            _("There is nothing to try: save an address of a channel that is set up, and confirm it."),
            code="unreachable",
        )
    return notify(kind=TRIAL, key=f"{TRIAL}:{by.pk}:{now():%Y%m%d%H%M}", facility=by.facility, to=[by], by=by)
