"""A form's chain: entered by whoever keeps the facility's signing rules, valid from a day on; older ones stay."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import Organization, User
from emr.audit.services import record
from emr.common.clock import local_today
from emr.common.errors import DomainError
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import form_of
from signatures.signing.chains import Place, forms_with_chain
from signatures.signing.models import ChainStep, Needs, SigningChain, Who

MOST_PLACES = 8


@transaction.atomic
def save_chain(
    *,
    facility: Organization,
    code: str,
    places: Sequence[Place],
    starts_on: dt.date,
    by: User,
    note: str = "",
    only_closing: bool = False,
    as_shipped: bool = False,
) -> SigningChain:
    """Let this chain count for the form from a day on; documents confirmed before keep theirs.

    Raises DomainError by `code`: past, too_many, seal_not_last, seal_twice, no_code, no_person, members_first.
    """
    if starts_on < local_today():
        raise DomainError(_("A chain can't begin in the past."), code="past", field="starts_on")
    places = [] if as_shipped else list(places)
    _check(facility, places)
    chain = SigningChain.objects.create(
        facility=facility,
        code=code,
        starts_on=starts_on,
        only_closing=only_closing and not as_shipped,
        as_shipped=as_shipped,
        note=note.strip()[:200],
        changed_by=by,
    )
    ChainStep.objects.bulk_create(
        [
            ChainStep(
                facility=facility,
                chain=chain,
                position=place.position,
                who=place.who,
                code=place.code,
                person=place.person,
                needs=place.needs,
            )
            for place in places
        ]
    )
    detail = {
        "code": code,
        "from": str(starts_on),
        "places": [[p.position, p.who, p.code, p.needs] for p in places],
    }
    record(
        "signing_chain.change", by=by, of=chain, detail=detail | ({"as_shipped": True} if as_shipped else {})
    )
    return chain


# Whose place to sign a form keeps → whom its chain asks.
_ASKED = {
    "member": (Who.MEMBERS, "", Needs.ALL),
    "head_of_department": (Who.HEAD, "", Needs.ONE),
    "director": (Who.ROLE, "director", Needs.ONE),
}


@transaction.atomic
def begin_chain(*, questionnaire: Questionnaire, by: User) -> SigningChain | None:
    """The first chain of a form of the facility's own, as its places to sign stand; None where a chain is there already,
    or nobody signs but the author.
    """
    facility, code = questionnaire.facility, questionnaire.code
    if facility is None:
        return None
    facility = Organization.objects.select_for_update().get(pk=facility.pk)
    asked = list(dict.fromkeys(of for of, _words in form_of(questionnaire).signers if of in _ASKED))
    if not asked or code in forms_with_chain(facility.pk):
        return None
    places = [
        Place(position, str(who), role, None, str(needs))
        for position, (who, role, needs) in enumerate((_ASKED[of] for of in asked), start=1)
    ]
    starts_on = max(questionnaire.effective_from, local_today())
    return save_chain(facility=facility, code=code, places=places, starts_on=starts_on, by=by)


def _check(facility: Organization, places: list[Place]) -> None:
    if len(places) > MOST_PLACES:
        raise DomainError(_("At most %(count)d places.") % {"count": MOST_PLACES}, code="too_many")
    last = max((place.position for place in places), default=0)
    seals = [place for place in places if place.who == Who.SEAL]
    if len(seals) > 1:
        raise DomainError(_("The seal is put on once."), code="seal_twice")
    if seals and (seals[0].position != last or sum(place.position == last for place in places) > 1):
        raise DomainError(_("The seal comes last, after everybody has signed."), code="seal_not_last")
    for place in places:
        if place.who not in Who.values or place.needs not in Needs.values:
            raise DomainError(_("Say who signs."), code="no_code")
        if place.who in {Who.ROLE, Who.RIGHT} and not place.code:
            raise DomainError(_("Say which role or right."), code="no_code")
        if place.who == Who.PERSON and (place.person is None or place.person.facility_id != facility.pk):
            raise DomainError(_("Name a person of the house."), code="no_person")
