"""How an order reads on the sheet, in the words of the ward."""

from decimal import Decimal

from django.utils.translation import gettext as _

from encounters.orders.models import MedicationRequest, ServiceRequest


def number_text(value: Decimal) -> str:
    """A dose without idle zeros, with the Vietnamese comma: 0,5 · 1 · 2,25."""
    return f"{value.normalize():f}".replace(".", ",")


def medication_text(order: MedicationRequest, *, route: str = "", unit: str = "") -> str:
    """One medicine as one line: what, how much, how often, how, when."""
    dose = f"{number_text(order.dose)} {unit or order.dose_unit}"
    parts = [order.text]
    if order.as_needed:
        parts.append(_("%(dose)s when needed: %(reason)s") % {"dose": dose, "reason": order.as_needed_for})
    else:
        parts.append(
            _("%(dose)s × %(count)d times a day") % {"dose": dose, "count": order.times_per_day or 0}
        )
    if order.diluent:
        parts.append(_("mixed with %(diluent)s") % {"diluent": order.diluent})
    parts += [part for part in (route or order.route, order.rate, ", ".join(order.times)) if part]
    if order.days > 1:
        parts.append(_("for %(days)d days") % {"days": order.days})
    if order.day_number:
        parts.append(_("day %(number)d of use") % {"number": order.day_number})
    if order.note:
        parts.append(order.note)
    return "; ".join(parts)


def service_text(order: ServiceRequest) -> str:
    """One service as one line."""
    parts = [order.text]
    if order.priority != ServiceRequest.Priority.ROUTINE:
        parts.append(str(order.get_priority_display()).upper())
    parts += [part for part in (order.frequency, order.clinical_question, order.note) if part]
    return "; ".join(parts)
