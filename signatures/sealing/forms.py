"""Shape of a request for an extract."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ExtractForm(forms.Form):
    """What the extract is for; the selection is the one that the log page shows."""

    reason = forms.CharField(
        label=_("What it is for"),
        max_length=300,
        help_text=_("For example: complaint 12/2026, request of the health department"),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
