"""Shape of what a channel's course is asked for, and the settings' names on its page."""

import datetime as dt

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.common.clock import local_today
from integrations.transport.forms import ChannelForm, OutgoingChannelForm
from integrations.transport.history import MOST_DAYS
from integrations.transport.models import Channel

_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
_FIRST = dt.date(2000, 1, 1)
_USUAL = {"day": 14, "hour": 2}
ACTIONS: dict[str, str | Promise] = {
    "add": pgettext_lazy("channel", "added"),
    "change": pgettext_lazy("channel", "changed"),
    "enabled": pgettext_lazy("channel", "opened"),
    "disabled": pgettext_lazy("channel", "shut"),
    "paused": pgettext_lazy("channel", "paused"),
    "resumed": pgettext_lazy("channel", "went on"),
    "token": pgettext_lazy("channel", "a new token made"),
    "look": pgettext_lazy("channel", "read from the start or at once"),
}
_OTHERS: dict[str, str | Promise] = {
    "is_enabled": gettext_lazy("Open"),
    "is_paused": gettext_lazy("Paused"),
    "token_hash": gettext_lazy("Token"),
    "identifier_systems": gettext_lazy("Identifier systems"),
}


class CourseForm(forms.Form):
    """Days or hours, and from when to when; what doesn't fit is the usual."""

    by = forms.ChoiceField(
        label=gettext_lazy("Counted by"),
        required=False,
        choices=[("day", pgettext_lazy("counted by", "Day")), ("hour", pgettext_lazy("counted by", "Hour"))],
    )
    first = forms.DateField(
        label=pgettext_lazy("range", "From"),
        required=False,
        input_formats=_FORMATS,
    )
    last = forms.DateField(
        label=pgettext_lazy("range", "To"),
        required=False,
        input_formats=_FORMATS,
    )

    def question(self) -> tuple[str, dt.date, dt.date]:
        """("day" or "hour", first day, last day): today and the days before where none is named; no more than is counted."""
        self.is_valid()
        asked = self.cleaned_data
        by = asked.get("by") or "day"
        last = min(max(asked.get("last") or local_today(), _FIRST), local_today())
        first = asked.get("first") or last - dt.timedelta(days=_USUAL[by] - 1)
        earliest = last - dt.timedelta(days=MOST_DAYS[by] - 1)
        return by, min(max(first, earliest, _FIRST), last), last


def setting_name(name: str) -> str | Promise:
    """What the forms call a channel's column."""
    if name in _OTHERS:
        return _OTHERS[name]
    for form in (ChannelForm, OutgoingChannelForm):
        if found := form.base_fields.get(name):
            return found.label or name
    return name


def setting_shown(name: str, value: object) -> str:
    """A column's value in words where its choices have some."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    if isinstance(value, bool):
        return "✓" if value else "—"
    columns = {column.name: column for column in Channel._meta.fields}
    choices = dict(columns[name].flatchoices) if name in columns else {}
    return str(choices.get(value, value)) if value not in ("", None) else "—"
