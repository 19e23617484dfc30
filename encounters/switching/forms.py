"""Shape of what is typed about a decision or about the rules."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encounters.switching.models import WardMode


class ModeForm(forms.Form):
    """The next decision about a department."""

    mode = forms.ChoiceField(
        label=_("Records are kept"), choices=WardMode.Mode.choices, widget=forms.RadioSelect
    )
    begins_on = forms.DateField(label=_("From"), help_text=_("Today at the earliest; a day ahead is usual."))
    decision_number = forms.CharField(label=_("Number of the decision"), max_length=60)
    decided_by = forms.CharField(label=_("Signed by"), max_length=120)
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class RegulationForm(forms.Form):
    """The next version of the rules."""

    number = forms.CharField(label=pgettext_lazy("paper", "Number"), max_length=60)
    issued_on = forms.DateField(label=_("Signed on"))
    begins_on = forms.DateField(label=_("In force from"))
    signer = forms.CharField(label=_("Signed by"), max_length=120)
    summary = forms.CharField(label=_("What it changes"), max_length=500, required=False)
    file = forms.FileField(
        label=_("The signed paper (PDF, at most 20 MB)"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
