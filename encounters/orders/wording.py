"""How an order reads on the sheet, in the words of the ward."""

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from encounters.orders.models import MedicationRequest, Order, ServiceRequest
from encounters.orders.regimens import SIGNS, Scale, sign_name


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
    if isinstance(order, MedicationRequest) and order.steps:
        return []  # the steps say it
    return [_("for %(days)d days") % {"days": order.days}] if order.days > 1 else []


def _how_often(order: MedicationRequest, unit: str) -> list[str]:
    dose = f"{number_text(order.dose)} {unit}"
    if order.scale or order.steps or order.before_event:
        found = _by_regimen(order, unit)
    elif not order.as_needed:
        if order.times_per_day:
            return [_("%(dose)s × %(count)d times a day") % {"dose": dose, "count": order.times_per_day}]
        return [dose]
    else:
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


def scale_words(scale: Scale, unit: str) -> str:
    """By capillary glucose of the 60 minutes before (mmol/L): below 8: no dose | 8 to below 12: 2 IU."""
    measured = {"sign": sign_name(scale.sign), "unit": SIGNS[scale.sign][1], "minutes": scale.within_minutes}
    head = _("by %(sign)s of the %(minutes)d minutes before (%(unit)s)") % measured
    return f"{head}: {' | '.join(line.words(unit) for line in scale.lines)}"


def _by_regimen(order: MedicationRequest, unit: str) -> list[str]:
    found = []
    scale, steps = order.by_scale, order.taper
    if scale is not None:
        found.append(scale_words(scale, unit))
        if order.as_needed:
            found.append(_("when needed: %(reason)s") % {"reason": order.as_needed_for})
    elif steps:
        parts = [
            _("%(dose)s for %(days)d days") % {"dose": f"{number_text(step.dose)} {unit}", "days": step.days}
            for step in steps
        ]
        found.append(_("taper: %(steps)s") % {"steps": _(", then ").join(parts)})
        if order.steps_from is not None:
            since = timezone.localtime(order.steps_from)
            found.append(
                _("begun %(day)s, now %(dose)s")
                % {"day": f"{since:%d/%m/%Y}", "dose": f"{number_text(order.dose)} {unit}"}
            )
    else:
        found.append(f"{number_text(order.dose)} {unit}")
    if order.before_event:
        before = {"event": str(order.get_before_event_display()), "minutes": order.minutes_before or 0}
        found.append(_("once, %(event)s, within the %(minutes)d minutes") % before)
    elif order.times_per_day:
        found.append(_("%(count)d times a day") % {"count": order.times_per_day})
    return found


def regimen_words(order: MedicationRequest, unit: str = "") -> list[str]:
    """What an order says beside dose and times: its taper or scale, what it waits for, what forbids a dose."""
    unit = unit or order.dose_unit
    found = _by_regimen(order, unit) if order.steps or order.scale or order.before_event else []
    return [*found, *_held(order)]


def _held(order: MedicationRequest) -> list[str]:
    holds = order.holds
    if not holds:
        return []
    return [
        _("not given while %(conditions)s") % {"conditions": _(" or ").join(hold.words for hold in holds)}
    ]


def medication_text(order: MedicationRequest, *, route: str = "", unit: str = "") -> str:
    """One medicine as one line: what, how much, how often, how, when."""
    parts = [order.text, *_urgency(order), *_how_often(order, unit or order.dose_unit), *_held(order)]
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
