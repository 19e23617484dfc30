"""Shape of a question to the log."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.audit.models import AuditEvent
from emr.common.clock import local_today

_USUAL = dt.timedelta(days=6)


def a_week() -> dict[str, dt.date]:
    """The days that are shown when nobody has asked for others."""
    today = local_today()
    return {"since": today - _USUAL, "until": today}


class AuditFilterForm(forms.Form):
    """Days (both included), who, whose chart, what, and how it ended."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To"))
    person = forms.CharField(label=_("Username"), max_length=150, required=False)
    patient = forms.CharField(label=_("Patient's number"), max_length=40, required=False)
    action = forms.CharField(label=_("Action begins with"), max_length=64, required=False)
    outcome = forms.ChoiceField(
        label=_("Result of the action"),
        required=False,
        choices=[
            ("", _("All")),
            (AuditEvent.Outcome.SUCCESS, _("Done")),
            (AuditEvent.Outcome.DENIED, _("Refused")),
            (AuditEvent.Outcome.FAILURE, _("Failed")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        """The first day isn't after the last."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", _("This day lies before the first."))
        return cleaned
