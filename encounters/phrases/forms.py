"""Shape of a phrase as it is typed."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _


class PhraseForm(forms.Form):
    """An abbreviation, its text, and whose it is: one's own (empty) or a department's, by its public id."""

    abbreviation = forms.CharField(label=_("Abbreviation"), max_length=21)
    text = forms.CharField(label=_("Text"), max_length=4000, widget=forms.Textarea)
    department = forms.UUIDField(label=_("Whose"), required=False)

    def department_uuid(self) -> UUID | None:
        """The department's public id; None for one's own."""
        chosen: UUID | None = self.cleaned_data.get("department")
        return chosen
