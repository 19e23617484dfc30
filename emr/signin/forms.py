"""Shape of what people type to come in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    """Username and password; what is wrong with them is never said apart (no enumeration)."""

    username = forms.CharField(max_length=60, label=_("Username"))
    password = forms.CharField(max_length=128, label=_("Password"), strip=False, widget=forms.PasswordInput)


class UnlockForm(forms.Form):
    """The password of the person whose screen it is."""

    password = forms.CharField(
        max_length=128,
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
