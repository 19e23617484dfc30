"""Shapes of what the pages of papers send."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encounters.attestations.kinds import KINDS


class BeginForm(forms.Form):
    """Which papers to begin; several at once at a discharge."""

    kind = forms.MultipleChoiceField(choices=[(code, kind.words) for code, kind in KINDS.items()])


class HandOverForm(forms.Form):
    """Who takes the paper; without a relation it is the patient."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    receiver_name = forms.CharField(label=_("Who takes it"), max_length=160)
    relationship = forms.CharField(label=_("Relation to the patient"), max_length=60, required=False)
    id_number = forms.CharField(label=_("Personal number or passport"), max_length=20, required=False)
    copies = forms.IntegerField(label=pgettext_lazy("paper", "Copies"), min_value=1, max_value=20, initial=1)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class WordForm(forms.Form):
    """A short word and what it means."""

    short = forms.CharField(label=_("Short"), max_length=12)
    full = forms.CharField(label=_("In full"), max_length=120)
