"""Shape of what is asked about a document; the document's own fields are the Questionnaire's."""

from django import forms
from django.utils.translation import gettext_lazy as _


class BeginForm(forms.Form):
    """A new document, now or about an earlier moment."""

    code = forms.CharField(max_length=20)
    happened_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    copy = forms.BooleanField(required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
