"""Letting a record be closed without something."""

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.vietnamese import tidy
from encounters.completeness.models import Override
from encounters.completeness.selectors import gaps_of
from encounters.visits.models import Encounter

_SHORTEST = 5


@transaction.atomic
def override_gap(*, encounter: Encounter, key: str, reason: str, by: User) -> Override:
    """Answer for a gap, for ever and by name; the same gap again is the same answer.

    Raises DomainError without a reason, for a gap that isn't there (any more), that stops nothing, or of a rule that
    nobody may set aside.
    """
    encounter = Encounter.objects.select_for_update().get(pk=encounter.pk)
    reason = tidy(reason)
    if len(reason) < _SHORTEST:
        raise DomainError(_("Say why the record may be closed without it."), code="no_reason", field="reason")
    made = Override.objects.filter(encounter=encounter, key=key).first()
    if made is not None:
        return made
    gap = next((gap for gap in gaps_of(encounter) if gap.key == key), None)
    if gap is None:
        raise DomainError(_("It isn't missing any more."), code="no_gap")
    if not gap.blocks:
        raise DomainError(_("The record can be closed with it as it is."), code="advisory")
    if not gap.overridable:
        raise DomainError(_("Nobody may set this rule aside."), code="not_overridable")
    made = Override.objects.create(
        facility_id=encounter.facility_id,
        encounter=encounter,
        rule=gap.rule,
        key=key,
        words=gap.words[:400],
        reason=reason[:300],
        made_by=by,
    )
    record("gap.override", by=by, of=encounter, detail={"rule": gap.rule, "key": key})
    return made
