"""Shape of a question about a chart, of a filter, and of a verdict."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.common.clock import local_today
from patients.oversight.models import LookupFinding

KINDS = {
    LookupFinding.Kind.MASS: _("Many charts in an hour"),
    LookupFinding.Kind.NEVER_TREATED: _("Chart of somebody not in their care"),
    LookupFinding.Kind.OFF_DUTY: _("At night, outside their duty"),
    LookupFinding.Kind.OWN_CHART: _("Their own chart"),
    LookupFinding.Kind.COLLEAGUE: _("A colleague's chart"),
}
VERDICTS = {
    LookupFinding.Verdict.SEEN: _("Seen, nothing to it"),
    LookupFinding.Verdict.FOLLOW_UP: _("To be followed up"),
}


def a_year() -> dict[str, dt.date]:
    """The days that are answered for when nobody has asked for others."""
    today = local_today()
    return {"since": today - dt.timedelta(days=365), "until": today}


class DaysForm(forms.Form):
    """Days, both included."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To"))

    def clean(self) -> dict[str, Any]:
        """The first day isn't after the last."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", _("This day lies before the first."))
        return cleaned


class NumberForm(DaysForm):
    """The same, asked by somebody who has no chart open."""

    patient = forms.CharField(
        label=_("Patient's number"),
        max_length=120,
        help_text=_("Or the whole name with the day of birth: Nguyễn Thị Đào 14/03/1957"),
    )


class FindingsForm(forms.Form):
    """Which findings."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *KINDS.items()])
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("open", _("Not judged yet")),
            ("follow-up", _("To be followed up")),
            ("all", _("All")),
        ],
    )
    person = forms.CharField(label=_("Username, staff code or name"), max_length=150, required=False)


class VerdictForm(forms.Form):
    """What was made of it."""

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=list(VERDICTS.items()), widget=forms.RadioSelect, initial="seen"
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
