"""Which medicines are tested first, and what their tests showed."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from encounters.medicines.models import GivingRule, ReactionTest
from encounters.medicines.selectors.tables import rules_for
from encounters.orders.models import MedicationRequest
from encounters.visits.models import Encounter


def minutes_for(order: MedicationRequest, rules: list[GivingRule] | None = None) -> int | None:
    """After how many minutes a test of this medicine is read; None where no rule asks for one."""
    found = [rule.test_minutes for rule in rules_for(order, rules) if rule.test_minutes]
    return max(found, default=None)


def tests_of_stay(encounter: Encounter) -> list[ReactionTest]:
    """The stay's tests, the newest first. One query."""
    found = ReactionTest.objects.filter(encounter=encounter).select_related("order", "performer", "reader")
    return list(found.order_by("-started_at", "-pk"))


def latest_test(
    order: MedicationRequest, tests: list[ReactionTest], rules: list[GivingRule]
) -> ReactionTest | None:
    """The newest of the stay's tests that counts for this medicine: of one under the same rule. `tests`: newest first."""
    own = {rule.pk for rule in rules_for(order, rules) if rule.test_minutes}
    return next((t for t in tests if own & {rule.pk for rule in rules_for(t.order, rules)}), None)


def demand_tested(order: MedicationRequest, at: dt.datetime, rules: list[GivingRule]) -> None:
    """Refuse what one of the facility's rules wants tested first and wasn't, or was and the patient reacts. One query."""
    if minutes_for(order, rules) is None:
        return
    test = latest_test(order, tests_of_stay(order.encounter), rules)
    if test is None:
        raise DomainError(
            _("Test first how the patient reacts to %(name)s.") % {"name": order.text}, code="not_tested"
        )
    if test.result == ReactionTest.Result.POSITIVE:
        raise DomainError(
            _("The reaction test was POSITIVE: don't give %(name)s, tell the doctor.") % {"name": order.text},
            code="reaction",
        )
    if test.read_at is None or test.read_at > at:
        raise DomainError(
            _("The reaction test is read at %(time)s; give it after that.")
            % {"time": f"{timezone.localtime(test.read_due_at):%H:%M}"},
            code="not_read",
        )
