"""Shape of what is said of a tube."""

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.specimens.models import Specimen


class HandForm(forms.Form):
    """Collected without a scan: why, and when (now where nothing is said)."""

    reason = forms.CharField(label=_("Why it wasn't scanned"), max_length=200)
    at = forms.DateTimeField(label=_("Collected at"), required=False)


class UselessForm(forms.Form):
    """A tube of no use."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", ""), *Specimen.Reason.choices])
    text = forms.CharField(label=_("In words"), max_length=200, required=False)
