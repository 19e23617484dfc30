"""Shape of what people type to come in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts import roles
from emr.accounts.models import Organization


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


class CodeForm(forms.Form):
    """A code of the app or from paper."""

    code = forms.CharField(
        max_length=30,
        label=_("Code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class ProofForm(forms.Form):
    """A code, or the password of who has no second factor."""

    proof = forms.CharField(
        max_length=128,
        label=_("Code or password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class PasswordForm(forms.Form):
    """A new password under the old one."""

    password = forms.CharField(
        max_length=128,
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        max_length=128,
        label=_("New password"),
        strip=False,
        help_text=_(
            "15 characters or more; 8 are enough beside a second factor. Several words are easy to keep."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class RecoveryForm(forms.Form):
    """The code that two administrators have given, and a new password where that was lost."""

    username = forms.CharField(max_length=60, label=_("Username"))
    code = forms.CharField(
        max_length=30, label=_("Recovery code"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    new_password = forms.CharField(
        max_length=128,
        required=False,
        label=_("New password"),
        help_text=_("Only when the password was lost."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class GroupForm(forms.Form):
    """A group of the directory or provider, and what its members are here."""

    group = forms.CharField(
        max_length=200, label=_("Group"), help_text=_("As the directory or the provider writes it.")
    )
    role = forms.ChoiceField(choices=roles.CHOICES, label=_("Role"))
    department = forms.ModelChoiceField(queryset=Organization.objects.none(), label=_("Department"))

    def __init__(self, *args: Any, facility_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = Organization.objects.filter(parent_id=facility_id, is_active=True).order_by("code")
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]
