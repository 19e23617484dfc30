"""Tags and filters of the shell: dates as staff write them, addresses that may be missing, chart sections."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django import forms, template
from django.utils import timezone

from emr.common import training
from emr.ui import marks, navigation

if TYPE_CHECKING:
    from django.core.paginator import Paginator
    from django.forms import BoundField
    from django.utils.safestring import SafeString

register = template.Library()

_MOMENTS = {
    "full": "%d/%m/%Y %H:%M",
    "seconds": "%d/%m/%Y %H:%M:%S",
    "short": "%d/%m %H:%M",
    "time": "%H:%M",
}


@register.filter
def moment(value: dt.datetime | None, style: str = "full") -> str:
    """A local date and time, `dd/MM/yyyy HH:mm`; "" for None.

    "seconds" adds them, "short" leaves out the year, "time" the day.
    """
    if value is None or value == "":
        return ""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime(_MOMENTS[style])


@register.filter
def day(value: dt.date | None) -> str:
    """A date, `dd/MM/yyyy`; of an instant, its local date. "" for None."""
    if value is None or value == "":
        return ""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return value.strftime("%d/%m/%Y")


@register.simple_tag(takes_context=True)
def page_mark(context: dict[str, Any]) -> marks.Mark | None:
    """The watermark of this page for this person; None for nearly everybody."""
    request = context.get("request")
    if request is None or not getattr(context.get("user"), "is_authenticated", False):
        return None
    return marks.mark_of(request, context.get("patient"))


@register.simple_tag
def is_training() -> bool:
    """Whether this is a training copy; asked here, so that pages made without a request say it too."""
    return training.is_training()


@register.simple_tag
def optional_url(*names: str) -> str:
    """The address of the first URL name that exists, or ""."""
    return next((url for name in names if (url := navigation.address(name))), "")


@register.simple_tag
def unique_id(prefix: str = "f") -> str:
    """An id for a label and its field where the caller gave none."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


HINTS = {"date": "dd/MM/yyyy", "datetime": "dd/MM/yyyy HH:mm", "time": "HH:mm"}


@register.filter
def date_hint(kind: str) -> str:
    """How a day or time of this kind is written."""
    return HINTS.get(kind, "")


@register.filter
def first_word(text: str) -> str:
    """The first of several words separated by spaces: the key shown on a button."""
    return text.split(" ", 1)[0]


@register.filter
def page_range(paginator: Paginator[Any], number: int) -> list[int | str]:
    """Page numbers around the present one, with "…" where some are left out."""
    return list(paginator.get_elided_page_range(number, on_each_side=2, on_ends=1))


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a form's field with our classes and, for days and times, the hooks of dates.js."""
    widget = field.field.widget
    attrs: dict[str, str | bool] = {"class": _class_of(widget) + (" is-invalid" if field.errors else "")}
    kind = _date_kind(field.field)
    if kind and not isinstance(widget, forms.HiddenInput):
        attrs |= {
            "data-date": kind,
            "placeholder": HINTS[kind],
            "inputmode": "numeric",
            "autocomplete": "off",
        }
    own = widget.attrs.get("class")
    if own:
        attrs["class"] = f"{attrs['class']} {own}"
    return field.as_widget(attrs=attrs)


@register.filter
def control_kind(field: BoundField) -> str:
    """How the field's template lays it out: "check", "group" (several boxes under one legend) or "line"."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "group" if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple) else "line"


def _class_of(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def _date_kind(field: forms.Field) -> str:
    if isinstance(field, forms.DateTimeField):
        return "datetime"
    if isinstance(field, forms.DateField):
        return "date"
    return "time" if isinstance(field, forms.TimeField) else ""
