"""A test that the laboratory adds because of what another one shows: from the facility's table, with the reason kept."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from encounters.orders.models import ServiceRequest
from encounters.orders.services import place_reflex
from encounters.orders.services.reflexes import HERE
from encounters.performing.selectors.reflexes import added_to, suggestions
from encounters.performing.selectors.worklist import held_report
from encounters.specimens.services import use_same_tube


@transaction.atomic
def add_reflex(*, request: ServiceRequest, rule: str, by: User) -> ServiceRequest:
    """Add what the rule of that code says, made from the same tube; added twice is added once.

    Raises DomainError `no_rule` where the result doesn't fulfil it (any more) and nothing was added by it.
    """
    request = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    fitting = suggestions(request, held_report(request))
    found = next((one for one in fitting if one.rule.code == rule), None)
    number = f"{request.placer_number}/{rule}"
    if found is None:
        known = added_to(request).filter(origin=HERE, origin_number=number[:75]).first()
        if known is not None:
            return known
        raise DomainError(_("The result doesn't call for this test."), code="no_rule")
    added = place_reflex(
        of=request,
        system=HERE,
        number=number,
        code=found.rule.adds,
        text=found.title,
        reason=found.because,
        by=by,
    )
    use_same_tube(request=added, of=request, by=by)
    return added
