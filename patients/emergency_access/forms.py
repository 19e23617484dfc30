"""What is asked before the glass breaks, and afterwards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.emergency_access.models import EmergencyAccess


class OpenForm(forms.Form):
    """A reason of the list, and words."""

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your words"), min_length=5, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    """The verdict."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=EmergencyAccess.Verdict.choices)
    remark = forms.CharField(label=_("Remark"), max_length=400, required=False)
