"""Verbs of phrases: keep, remove."""

import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from encounters.phrases.models import Phrase
from encounters.phrases.telex import plain, typed_in_telex

_LONGEST = 4000


@transaction.atomic
def keep_phrase(
    *,
    by: User,
    abbreviation: str,
    text: str,
    department: Organization | None = None,
    phrase: Phrase | None = None,
) -> Phrase:
    """Keep a person's own phrase, or a department's; `phrase` is the one that is changed (it stays whose it is).

    The abbreviation is kept in small letters without accents. Raises DomainError with `field`: not_letters, empty, too_long,
    taken (by the same spelling, or by one that Telex makes the same of).
    """
    short = plain(abbreviation).removeprefix(".")
    text = text.replace("\r\n", "\n").strip()
    _check(short, text)
    owner = by if department is None else None
    if phrase is not None:
        phrase = Phrase.objects.select_for_update().get(pk=phrase.pk)
        owner, department = phrase.owner, phrase.department
    _demand_free(short, owner, department, phrase)
    found = phrase or Phrase(facility_id=by.facility_id, owner=owner, department=department)
    found.abbreviation, found.typed, found.text = short, typed_in_telex(short), text
    found.changed_at, found.changed_by = now(), by
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:  # another page kept the same abbreviation this moment
        raise _taken(short) from error
    record("phrase.set", by=by, of=found, detail={"department": department.code if department else ""})
    return found


def _check(short: str, text: str) -> None:
    if not re.fullmatch(r"[a-z]{1,20}", short):
        message = _("An abbreviation is one to twenty letters, without spaces and numbers.")
        raise DomainError(message, code="not_letters", field="abbreviation")
    if not text:
        raise DomainError(_("Type the text that it stands for."), code="empty", field="text")
    if len(text) > _LONGEST:
        raise DomainError(
            _("The text is longer than %(count)d letters.") % {"count": _LONGEST},
            code="too_long",
            field="text",
        )


def _demand_free(
    short: str, owner: User | None, department: Organization | None, besides: Phrase | None
) -> None:
    """What is typed must mean one thing: neither the letters nor what Telex leaves of them may be another phrase's."""
    others = Phrase.objects.filter(owner=owner, department=department)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    keys = {short, typed_in_telex(short)}
    for other in others:
        if keys & {other.abbreviation, other.typed}:
            raise _taken(other.abbreviation)


def _taken(short: str) -> DomainError:
    message = _("“.%(short)s” stands for something else already.") % {"short": short}
    return DomainError(message, code="taken", field="abbreviation")


@transaction.atomic
def remove_phrase(*, phrase_uuid: UUID, by: User) -> None:
    """Take a phrase away; what was written with it stays. A second time changes nothing."""
    found = Phrase.objects.select_for_update().filter(uuid=phrase_uuid, facility_id=by.facility_id).first()
    if found is None:
        return
    record("phrase.remove", by=by, of=found)
    found.delete()
