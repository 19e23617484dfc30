"""What a nurse's device sends."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from encounters.bedside.models import Execution


class InstantField(forms.CharField):
    """An instant as programs write it (ISO 8601 with its zone)."""

    def clean(self, value: Any) -> Any:
        """An aware datetime, or None for an empty field that may be."""
        text = super().clean(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment) or not 2000 <= moment.year <= 2100:
            raise forms.ValidationError(_("This isn't a time."))
        return moment.astimezone(dt.UTC)


class TickForm(forms.Form):
    """One time of an order, ticked: `key` and `happened_at` were made on the device."""

    slot_at = InstantField(max_length=40)
    outcome = forms.ChoiceField(
        choices=[(o, o) for o in (Execution.Outcome.DONE, Execution.Outcome.NOT_DONE)]
    )
    key = forms.UUIDField()
    happened_at = InstantField(max_length=40, required=False)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", ""), *Execution.Reason.choices], required=False
    )
    note = forms.CharField(label=_("In words"), max_length=300, required=False)


class TakeBackForm(forms.Form):
    """Why a check mark is taken back."""

    key = forms.UUIDField()
    note = forms.CharField(label=_("What was wrong"), max_length=300, required=False)


class HandoverForm(forms.Form):
    """What the rows of the shift can't say."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    situation = forms.CharField(
        label=_("How the patient is"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    to_do = forms.CharField(
        label=_("What the next shift must see to"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OutageForm(forms.Form):
    """From when to when the system was away."""

    began_at = forms.DateTimeField(label=_("From"))
    ended_at = forms.DateTimeField(label=_("Until"))
    reason = forms.CharField(label=_("What happened"), max_length=200)


class BackEntryForm(forms.Form):
    """One task from paper: the order's time, and when it was done by the paper."""

    order = forms.UUIDField()
    slot_at = InstantField(max_length=40)
    key = forms.UUIDField()
    happened_at = forms.DateTimeField(label=_("Done at"))
    outcome = TickForm.base_fields["outcome"]
    reason = TickForm.base_fields["reason"]
    note = TickForm.base_fields["note"]


def said(form: forms.Form) -> str:
    """The form's errors on one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
