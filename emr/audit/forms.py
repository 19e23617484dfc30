"""Shape of a question to the log."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emr.audit.models import AuditEvent
from emr.audit.wording import NOUNS
from emr.common.clock import local_today
from emr.common.vietnamese import sort_key

_USUAL = dt.timedelta(days=6)
_LONGEST_READING = dt.timedelta(days=31)


def a_week() -> dict[str, dt.date]:
    """The days that are shown when nobody has asked for others."""
    today = local_today()
    return {"since": today - _USUAL, "until": today}


def _kinds() -> list[tuple[str, StrOrPromise]]:
    named = sorted(((noun, str(words)) for noun, words in NOUNS.items()), key=lambda kind: sort_key(kind[1]))
    return [("", _("All")), *named]


def _is_long(since: dt.date | None, until: dt.date | None) -> bool:
    return since is not None and until is not None and until - since > _LONGEST_READING


class AuditFilterForm(forms.Form):
    """Days (both included), who, whose chart, what, and how it ended."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To"))
    person = forms.CharField(label=_("Username, staff code or name"), max_length=150, required=False)
    patient = forms.CharField(
        label=_("Patient's number"),
        max_length=120,
        required=False,
        help_text=_("Or the whole name with the day of birth: Nguyễn Thị Đào 14/03/1957"),
    )
    about = forms.ChoiceField(label=_("About what"), required=False, choices=_kinds)
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

    address = forms.CharField(label=_("From address"), max_length=64, required=False)
    device = forms.CharField(
        label=_("Workstation's browser contains"),
        max_length=80,
        required=False,
        help_text=_("Within 31 days"),
    )

    def clean(self) -> dict[str, Any]:
        """The first day isn't after the last."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", _("This day lies before the first."))
        elif cleaned.get("device") and _is_long(cleaned.get("since"), cleaned.get("until")):
            # No index knows parts of words: the days keep the reading short.
            self.add_error("device", _("Ask for at most 31 days when you look for a browser."))
        return cleaned
