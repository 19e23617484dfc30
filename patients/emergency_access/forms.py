"""What is asked before the glass breaks, and afterwards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.emergency_access.models import EmergencyAccess


class OpenForm(forms.Form):
    """A reason of the list, and words; who proved themselves a while ago does so here, in the same form (S-22)."""

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your words"), min_length=5, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )

    proof = forms.CharField(
        label=_("Your PIN for shared PCs, or your password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], wants_proof: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]
        if not wants_proof:
            del self.fields["proof"]


class ReviewForm(forms.Form):
    """The verdict."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=EmergencyAccess.Verdict.choices)
    remark = forms.CharField(label=_("Remark"), max_length=400, required=False)
