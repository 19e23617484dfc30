"""Shape of what an administrator types."""

from django import forms
from django.utils.translation import gettext_lazy


class UnlockForm(forms.Form):
    """Why the counter of wrong PINs is taken back."""

    prefix = "unlock"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("How you made sure that it was the owner who asked."),
    )


class AllowResetForm(forms.Form):
    """Why the owner may choose a new PIN without the old one."""

    prefix = "reset"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("How you made sure that it was the owner who asked."),
    )


class DestroyForm(forms.Form):
    """Why the private key is removed."""

    prefix = "destroy"
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    is_sure = forms.BooleanField(
        label=gettext_lazy("A destroyed key can't be brought back. What it signed stays verifiable.")
    )


class RevokeForm(forms.Form):
    """Why nothing more is signed with the certificate."""

    prefix = "revoke"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Left the hospital, key lost or known to others, certificate replaced."),
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("A revoked certificate can't be taken back. The owner then needs a new key.")
    )
