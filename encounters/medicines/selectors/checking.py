"""What has to be so before a medicine goes in: limits of what is given when needed, vital signs that are asked for."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from emr.terminology.selectors import displays
from encounters.medicines.models import GivingRule
from encounters.medicines.selectors.kin import Went, given_along
from encounters.medicines.selectors.tables import rules_for, within
from encounters.orders.models import MedicationRequest
from encounters.orders.wording import number_text
from encounters.results.models import Observation
from encounters.results.selectors.measurements import current_observations
from encounters.results.vital_signs import VITAL_SIGNS

_DAY = dt.timedelta(hours=24)
# Times that devices tell may lie a little ahead.
_A_MOMENT = dt.timedelta(minutes=5)
_USUALLY_WITHIN = 60


def demand_needed(order: MedicationRequest, at: dt.datetime, amount: Decimal) -> None:
    """Refuse what comes too soon after the one before, or is too much within 24 hours; the one after counts too.

    What went in by the orders that this one carries on counts as its own (`kin_of`). Two queries.
    """
    reach = _reach(order)
    refusal = refusal_of(order, given_along([order], at - reach, at + reach)[order.pk], at, amount)
    if refusal is not None:
        raise refusal


def _gap(order: MedicationRequest) -> dt.timedelta:
    return dt.timedelta(hours=float(order.least_hours_between or 0))


def _reach(order: MedicationRequest) -> dt.timedelta:
    return max(_gap(order), _DAY)


def refusal_of(
    order: MedicationRequest, given: Sequence[Went], at: dt.datetime, amount: Decimal
) -> DomainError | None:
    """Why the order's limits forbid this amount at this time beside what went in: `too_soon`, `too_much_a_day`; or None."""
    gap = _gap(order)
    near = [went.at for went in given if at - gap < went.at < at + gap]
    if near and order.least_hours_between:
        return DomainError(
            _("Given at %(time)s: at least %(hours)s hours between, so not before %(from)s.")
            % {
                "time": f"{timezone.localtime(near[-1]):%H:%M %d/%m}",
                "hours": number_text(order.least_hours_between),
                "from": f"{timezone.localtime(near[-1] + gap):%H:%M %d/%m}",
            },
            code="too_soon",
        )
    total = _within_a_day(order, given, at) + amount
    if order.most_per_day and total > order.most_per_day:
        return DomainError(
            _("With this dose it would be %(total)s in 24 hours: at most %(most)s were ordered.")
            % {"total": number_text(total), "most": number_text(order.most_per_day)},
            code="too_much_a_day",
        )
    return None


def _within_a_day(order: MedicationRequest, given: Sequence[Went], at: dt.datetime) -> Decimal:
    """How much of the order's unit; an amount in another unit can't be added to it."""
    day = [went for went in given if at - _DAY < went.at < at + _DAY and went.unit == order.dose_unit]
    return sum((went.amount for went in day), Decimal(0))


@dataclass(frozen=True, slots=True)
class NeededLine:
    """A medicine that is given when needed, on the page: when it went in last, how much in 24 hours, when it may again."""

    order: MedicationRequest
    unit: str
    last: Went | None
    in_a_day: Decimal
    # The earliest time at which its limits allow a dose; None: one dose alone is more than they allow.
    next_at: dt.datetime | None
    is_allowed: bool

    @property
    def day_text(self) -> str:
        """3 / 4 viên."""
        most = self.order.most_per_day
        shown = f"{number_text(self.in_a_day)} / {number_text(most)}" if most else number_text(self.in_a_day)
        return f"{shown} {self.unit}"


def needed_lines(orders: Sequence[MedicationRequest], at: dt.datetime) -> list[NeededLine]:
    """The orders with what their limits say at this time, by the same rule as a giving. Three queries, none for none."""
    since = at - max((_reach(order) for order in orders), default=_DAY)
    given = given_along(orders, since, at + _A_MOMENT)
    names = displays({("dose-unit", order.dose_unit) for order in orders})
    lines = []
    for order in orders:
        unit = names.get(("dose-unit", order.dose_unit), order.dose_unit)
        rows = given[order.pk]
        next_at = next_allowed(order, rows, at)
        day = _within_a_day(order, rows, at)
        lines.append(NeededLine(order, unit, rows[-1] if rows else None, day, next_at, next_at == at))
    return lines


def next_allowed(order: MedicationRequest, given: Sequence[Went], at: dt.datetime) -> dt.datetime | None:
    """From when the order's dose is allowed after what went in, `at` at the earliest; None where it never is."""
    ends = {went.at + span for went in given for span in (_gap(order), _DAY)}
    moments = sorted({at} | {end for end in ends if end > at})
    return next((m for m in moments if refusal_of(order, given, m, order.dose) is None), None)


def demand_measured(order: MedicationRequest, at: dt.datetime, rules: list[GivingRule]) -> None:
    """Refuse where one of the facility's rules asks for a vital sign that is old, missing, or outside its limits."""
    for rule in rules_for(order, rules):
        sign = VITAL_SIGNS.get(rule.vital_sign)
        if sign is None:
            continue
        since = at - dt.timedelta(minutes=rule.within_minutes or _USUALLY_WITHIN)
        found: Observation | None = (
            current_observations(order.encounter)
            .filter(code=sign.loinc, effective_at__gte=since, effective_at__lte=at + dt.timedelta(minutes=5))
            .last()
        )
        if found is None or found.value is None:
            raise DomainError(
                _("Measure first: %(sign)s within the last %(minutes)d minutes (%(name)s).")
                % {
                    "sign": str(sign.title).lower(),
                    "minutes": rule.within_minutes or _USUALLY_WITHIN,
                    "name": order.text,
                },
                code="not_measured",
            )
        if not within(rule, found.value):
            raise DomainError(
                _("%(sign)s %(value)s: %(name)s isn't given outside its limits; ask the doctor.")
                % {
                    "sign": str(sign.title),
                    "value": f"{number_text(found.value)} {sign.unit}",
                    "name": order.text,
                },
                code="outside_limits",
            )
