"""Shape of what is asked about a document; the document's own fields are the Questionnaire's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class BeginForm(forms.Form):
    """A new document, now or about an earlier moment."""

    code = forms.CharField(max_length=20)
    happened_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    copy = forms.BooleanField(required=False)
    # The order or procedure that the document is about, by its public id.
    about = forms.UUIDField(required=False)


class OverdueFilter(forms.Form):
    """Whose overdue documents, of which department; by their public ids."""

    department = forms.UUIDField(required=False)
    author = forms.UUIDField(required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class MoveForm(forms.Form):
    """To which stay a document of the wrong patient goes, and why."""

    reason = forms.CharField(label=_("What was wrong"), max_length=200)
    stay = forms.UUIDField()


class DaysForm(forms.Form):
    """From which day to which; without one, from the beginning or to the end."""

    first = forms.DateField(label=_("From day"), required=False)
    last = forms.DateField(label=_("To day"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse days the wrong way round."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            raise forms.ValidationError(_("The last day lies before the first."))
        return self.cleaned_data
