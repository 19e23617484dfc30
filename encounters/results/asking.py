"""Shape of what is asked of the results of the years: kind, period, part of a name, a page."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emr.common.clock import now
from encounters.results.models import DiagnosticReport

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
PERIODS: dict[str, int] = {"week": 7, "month": 30, "half": 183, "year": 365, "five": 5 * 365 + 1}
PERIOD_CHOICES = [
    ("", _("All years")),
    ("week", _("7 days")),
    ("month", _("30 days")),
    ("half", _("6 months")),
    ("year", _("1 year")),
    ("five", _("5 years")),
]


class PeriodForm(forms.Form):
    """How far back, or from which day to which. What can't be read is left out: a list is shown all the same."""

    period = forms.ChoiceField(choices=PERIOD_CHOICES, required=False)
    first = forms.DateField(label=_("From day"), required=False)
    last = forms.DateField(label=_("To day"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse days the wrong way round, and leave out instants that no calendar goes on from."""
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, dt.date) and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
                self.cleaned_data[name] = None
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            raise forms.ValidationError(_("The last day lies before the first."))
        return self.cleaned_data

    def bounds(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """(from, before): days typed go before the period chosen; None where there is no bound."""
        self.is_valid()
        told = self.cleaned_data
        wrong_way = bool(self.non_field_errors())
        first, last = (None, None) if wrong_way else (told.get("first"), told.get("last"))
        zone = timezone.get_current_timezone()
        if first or last:
            since = dt.datetime.combine(first, dt.time(), zone) if first else None
            until = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone) if last else None
            return since, until
        days = PERIODS.get(told.get("period") or "")
        return (now() - dt.timedelta(days=days), None) if days else (None, None)


class TableForm(PeriodForm):
    """What the table shows."""

    category = forms.ChoiceField(choices=[("", ""), *DiagnosticReport.Category.choices], required=False)
    text = forms.CharField(max_length=80, required=False)
    only = forms.ChoiceField(choices=[("", ""), ("abnormal", "")], required=False)
    whose = forms.ChoiceField(choices=[("", ""), ("stay", "")], required=False)
    before = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M%z"])
    after = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M%z"])
    page = forms.IntegerField(min_value=1, max_value=100, required=False)

    def told(self) -> dict[str, Any]:
        """What could be read of it, the rest empty."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}
