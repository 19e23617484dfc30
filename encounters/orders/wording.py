"""How an order reads on the sheet, in the words of the ward."""

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from encounters.orders.models import MedicationRequest, Order, ServiceRequest


def number_text(value: Decimal) -> str:
    """A dose without idle zeros, with the Vietnamese comma: 0,5 · 1 · 2,25."""
    return f"{value.normalize():f}".replace(".", ",")


def _urgency(order: Order) -> list[str]:
    if order.priority == Order.Priority.ROUTINE:
        return []
    return [str(order.get_priority_display()).upper()]


def _when(order: Order) -> list[str]:
    """Once at a time; else for how long, where that is more than the day."""
    if order.occurrence_at is not None:
        return [
            _("once, at %(time)s") % {"time": f"{timezone.localtime(order.occurrence_at):%H:%M %d/%m/%Y}"}
        ]
    if order.until_on is not None:
        return [_("daily until %(day)s") % {"day": f"{order.until_on:%d/%m/%Y}"}]
    return [_("for %(days)d days") % {"days": order.days}] if order.days > 1 else []


def _how_often(order: MedicationRequest, unit: str) -> list[str]:
    dose = f"{number_text(order.dose)} {unit}"
    if not order.as_needed:
        if order.times_per_day:
            return [_("%(dose)s × %(count)d times a day") % {"dose": dose, "count": order.times_per_day}]
        return [dose]
    found = [_("%(dose)s when needed: %(reason)s") % {"dose": dose, "reason": order.as_needed_for}]
    if order.most_per_dose:
        found.append(_("at most %(dose)s at a time") % {"dose": f"{number_text(order.most_per_dose)} {unit}"})
    if order.most_per_day:
        found.append(_("at most %(dose)s a day") % {"dose": f"{number_text(order.most_per_day)} {unit}"})
    if order.least_hours_between:
        found.append(
            _("at least %(hours)s hours between") % {"hours": number_text(order.least_hours_between)}
        )
    return found


def medication_text(order: MedicationRequest, *, route: str = "", unit: str = "") -> str:
    """One medicine as one line: what, how much, how often, how, when."""
    parts = [order.text, *_urgency(order), *_how_often(order, unit or order.dose_unit)]
    if order.diluent:
        parts.append(_("mixed with %(diluent)s") % {"diluent": order.diluent})
    parts += [part for part in (route or order.route, order.rate, ", ".join(order.times)) if part]
    if order.meal:
        parts.append(str(order.get_meal_display()))
    parts += _when(order)
    if order.day_number:
        parts.append(_("day %(number)d of use") % {"number": order.day_number})
    if order.note:
        parts.append(order.note)
    return "; ".join(parts)


def service_text(order: ServiceRequest, *, specimen: str = "") -> str:
    """One service as one line."""
    parts = [order.text, *_urgency(order)]
    parts += [
        part
        for part in (specimen or order.specimen, order.body_site, order.frequency, order.clinical_question)
        if part
    ]
    parts += _when(order)
    if order.call_to:
        parts.append(_("phone the result to %(whom)s") % {"whom": order.call_to})
    if order.note:
        parts.append(order.note)
    return "; ".join(parts)
