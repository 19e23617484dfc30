"""What has to be so before a medicine goes in: limits of what is given when needed, vital signs that are asked for."""

import datetime as dt
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from encounters.medicines.models import GivingRule, MedicationAdministration
from encounters.medicines.selectors.tables import rules_for, within
from encounters.orders.models import MedicationRequest
from encounters.orders.wording import number_text
from encounters.results.models import Observation
from encounters.results.selectors.measurements import current_observations
from encounters.results.vital_signs import VITAL_SIGNS

_DAY = dt.timedelta(hours=24)
_USUALLY_WITHIN = 60


def demand_needed(order: MedicationRequest, at: dt.datetime, amount: Decimal) -> None:
    """Refuse what comes too soon after the one before, or is too much within 24 hours; the one after counts too."""
    given = MedicationAdministration.objects.filter(dose__order=order, amount__isnull=False).exclude(
        status=MedicationAdministration.Status.ENTERED_IN_ERROR
    )
    if order.least_hours_between:
        gap = dt.timedelta(hours=float(order.least_hours_between))
        near = (
            given.filter(happened_at__gt=at - gap, happened_at__lt=at + gap).order_by("-happened_at").first()
        )
        if near is not None:
            raise DomainError(
                _("Given at %(time)s: at least %(hours)s hours between, so not before %(from)s.")
                % {
                    "time": f"{timezone.localtime(near.happened_at):%H:%M}",
                    "hours": number_text(order.least_hours_between),
                    "from": f"{timezone.localtime(near.happened_at + gap):%H:%M %d/%m}",
                },
                code="too_soon",
            )
    if order.most_per_day:
        within_a_day = given.filter(happened_at__gt=at - _DAY, happened_at__lt=at + _DAY)
        total = (within_a_day.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)) + amount
        if total > order.most_per_day:
            raise DomainError(
                _("With this dose it would be %(total)s in 24 hours: at most %(most)s were ordered.")
                % {"total": number_text(total), "most": number_text(order.most_per_day)},
                code="too_much_a_day",
            )


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
