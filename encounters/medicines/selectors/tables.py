"""What the facility's tables say on a day."""

import datetime as dt
from decimal import Decimal

from django.db.models import Q, QuerySet

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.vietnamese import fold
from emr.terminology.selectors import concept
from encounters.medicines.models import GivingRule, GivingTimes
from encounters.medicines.times import read_times, usual_times
from encounters.orders.models import MedicationRequest


def _valid(day: dt.date) -> Q:
    return (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_to=None) | Q(valid_to__gte=day))


def hours_for(facility_id: int, department: Organization | None, times_per_day: int) -> tuple[str, ...]:
    """The hours of so many times a day: the department's row, else the facility's, else the usual ones. One query."""
    code = department.code if department is not None else ""
    rows = GivingTimes.objects.filter(
        _valid(local_today()),
        facility_id=facility_id,
        times_per_day=times_per_day,
        department__in=["", code],
    )
    found = {row.department: row for row in rows}
    row = found.get(code) or found.get("")
    return tuple(read_times(row.times)) if row is not None else usual_times(times_per_day)


def rules_in_force(facility_id: int) -> QuerySet[GivingRule]:
    """The facility's rules of today."""
    return GivingRule.objects.filter(_valid(local_today()), facility_id=facility_id).order_by("code")


def rules_for(order: MedicationRequest, rules: list[GivingRule] | None = None) -> list[GivingRule]:
    """The rules that the order's medicine falls under; one query unless they are handed over."""
    name = fold(order.ingredient or order.text)
    found = rules if rules is not None else list(rules_in_force(order.facility_id))
    return [rule for rule in found if name.startswith(fold(rule.ingredient))]


def is_high_alert(order: MedicationRequest, rules: list[GivingRule] | None = None) -> bool:
    """Whether a second nurse is asked for: the catalogue's mark, or a rule of the facility's."""
    if any(rule.second_nurse for rule in rules_for(order, rules)):
        return True
    found = concept("medicine", order.code) if order.code else None
    return found is not None and bool(found.properties.get("high_alert"))


def within(rule: GivingRule, value: Decimal) -> bool:
    """Whether a measured value lets the medicine be given."""
    return (rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)
