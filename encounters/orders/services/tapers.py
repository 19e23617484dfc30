"""What follows from a regimen when its order is written, and how a taper goes on with the next day's entry."""

import datetime as dt
import math
from typing import Any

from django.utils.translation import gettext as _

from emr.common.errors import DomainError
from encounters.orders.models import MedicationRequest
from encounters.orders.regimens import (
    LONGEST_DAYS,
    MOST_HOLDS,
    SIGNS,
    checked_scale,
    checked_steps,
    holds_json,
    scale_json,
    step_on,
    steps_json,
    total_days,
)

_DAY = dt.timedelta(days=1)
_MOST_MINUTES_BEFORE = 24 * 60


def complete_regimen(order: MedicationRequest) -> None:
    """Check what the order says beside its dose, and set what follows from it: a taper's dose and days, a scale's dose.

    Raises DomainError naming the field.
    """
    try:
        scale, steps, holds = order.by_scale, order.taper, order.holds
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise DomainError(_("This regimen can't be read."), code="invalid") from error
    if scale is not None:
        scale = checked_scale(scale)
        order.scale, order.dose = scale_json(scale), scale.highest
    if steps:
        steps = checked_steps(steps)
        _fit_taper(order)
        order.steps = steps_json(steps)
    if len(holds) > MOST_HOLDS or any(hold.sign not in SIGNS for hold in holds):
        raise DomainError(_("Nobody measures this."), code="invalid", field="hold_if")
    order.hold_if = holds_json(holds)
    if order.before_event:
        order.days, order.times_per_day, order.times = 1, None, []
        if not 0 < (order.minutes_before or 0) <= _MOST_MINUTES_BEFORE:
            raise DomainError(
                _("Say how many minutes before it is given."), code="invalid", field="minutes_before"
            )
    else:
        order.minutes_before = None


def _fit_taper(order: MedicationRequest) -> None:
    if order.until_on is not None:
        raise DomainError(_("A taper ends with its last step."), code="invalid", field="until_on")
    begins = order.happens_at
    gone = max((begins - (order.steps_from or begins)) // _DAY, 0)
    step = step_on(order.taper, gone)
    if step is None:
        raise DomainError(_("This taper is over."), code="invalid", field="steps")
    order.dose, order.days = step.dose, min(max(_days_left(order, begins), 1), LONGEST_DAYS)


def _days_left(order: MedicationRequest, at: dt.datetime) -> int:
    ends = (order.steps_from or order.happens_at) + total_days(order.taper) * _DAY
    return math.ceil((ends - at) / _DAY)


def carried_taper(order: MedicationRequest, at: dt.datetime) -> dict[str, Any] | None:
    """The fields of an order that carries this one on from `at`, beside what it copies; None: its taper is over.

    A taper keeps its steps and its beginning, so that no round starts it anew or lets a day be lost.
    """
    if not order.steps:
        return {}
    begins = order.steps_from or order.happens_at
    step = step_on(order.taper, max((at - begins) // _DAY, 0))
    if step is None:
        return None
    return {"steps_from": begins, "dose": step.dose, "days": min(max(_days_left(order, at), 1), LONGEST_DAYS)}
