"""Shape of what people type to come in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    """Username and password; what is wrong with them is never said apart (no enumeration)."""

    username = forms.CharField(max_length=60, label=_("Username"))
    password = forms.CharField(max_length=128, label=_("Password"), strip=False, widget=forms.PasswordInput)


class SwitchForm(forms.Form):
    """Who is at the locked screen: nothing for its person, else a badge's code or a username."""

    who = forms.CharField(
        max_length=80,
        required=False,
        label=_("Badge or username"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "data-scan": "stay",
            }
        ),
    )
    secret = forms.CharField(
        max_length=128,
        label=_("PIN or password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PinForm(forms.Form):
    """A new PIN for shared PCs, under one's password."""

    pin = forms.CharField(
        max_length=12,
        label=_("New PIN"),
        help_text=_("6 to 12 digits. It opens locked screens here, and nothing else."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )
    password = forms.CharField(
        max_length=128,
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
