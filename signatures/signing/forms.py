"""Shape of what is typed while signing. A PIN becomes a `Pin` at once, which nothing can print."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.providers.base import Pin

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LARGEST_KEY_FILE = 64 * 1024


class PinField(forms.CharField):
    """A PIN; never shown again, not even in the form that comes back."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "maxlength": 64})
        super().__init__(max_length=64, strip=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        """The PIN in its wrapper; None for one that need not be typed and wasn't."""
        typed = super().clean(value)
        return Pin(typed) if typed else None


class SignForm(forms.Form):
    """The PIN unless a ward round has it, and the fingerprint of the bytes that the page showed."""

    pin = PinField(label=gettext_lazy("PIN"), required=False)
    code = PinField(label=gettext_lazy("One-time code"), required=False)
    keep = forms.BooleanField(required=False)
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)

    def clean_sha256(self) -> str:
        """Refuse before the document was shown."""
        value: str = self.cleaned_data["sha256"]
        if not _SHA256.fullmatch(value):
            raise forms.ValidationError(_("Wait until the document is shown, then sign."))
        return value.lower()


class BatchForm(forms.Form):
    """The PIN for many documents, unless a ward round has it for them."""

    pin = PinField(label=gettext_lazy("PIN"), required=False)
    code = PinField(label=gettext_lazy("One-time code"), required=False)
    keep = forms.BooleanField(required=False)


class RefuseForm(forms.Form):
    """Why one doesn't sign."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class AskForm(forms.Form):
    """Who is to sign too."""

    signer = forms.UUIDField(label=gettext_lazy("Signer"))


class KeyFileForm(forms.Form):
    """A PKCS #12 file from an authority."""

    file = forms.FileField(
        label=gettext_lazy("Key file (.p12, .pfx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
    )
    passphrase = PinField(label=gettext_lazy("Password of the file"))
    new_pin = PinField(label=gettext_lazy("New PIN"))
    repeated = PinField(label=gettext_lazy("New PIN again"))

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is no key file by its size."""
        return _small(self.cleaned_data["file"])

    def clean(self) -> dict[str, Any]:
        """Both new PINs must be alike."""
        return _same_pins(self)


class EnrolForm(forms.Form):
    """A key that stays where it is: which keeper, under which name, and the PIN of a token."""

    prefix = "enrol"
    service = forms.ChoiceField(label=gettext_lazy("Kept by"))
    account = forms.CharField(
        label=gettext_lazy("Name there"),
        max_length=80,
        help_text=gettext_lazy("The label of your token, or your user name at the authority."),
    )
    pin = PinField(
        label=gettext_lazy("PIN of the token"),
        required=False,
        help_text=gettext_lazy("A remote authority asks for it when you sign, not here."),
    )

    def __init__(self, *arguments: Any, services: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["service"].choices = list(services)  # type: ignore[attr-defined]


class ResetForm(forms.Form):
    """A new PIN without the old one; of a software key the file of the authority is needed again."""

    file = forms.FileField(
        label=gettext_lazy("Key file (.p12, .pfx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
    )
    passphrase = PinField(label=gettext_lazy("Password of the file"))
    new_pin = PinField(label=gettext_lazy("New PIN"))
    repeated = PinField(label=gettext_lazy("New PIN again"))

    def __init__(self, *arguments: Any, needs_file: bool, **more: Any) -> None:
        super().__init__(*arguments, **more)
        if not needs_file:
            del self.fields["file"], self.fields["passphrase"]

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is no key file by its size."""
        return _small(self.cleaned_data["file"])

    def clean(self) -> dict[str, Any]:
        """Both new PINs must be alike."""
        return _same_pins(self)


class PinChangeForm(forms.Form):
    """The old PIN and the new one, twice."""

    pin = PinField(label=gettext_lazy("Present PIN"))
    new_pin = PinField(label=gettext_lazy("New PIN"))
    repeated = PinField(label=gettext_lazy("New PIN again"))

    def clean(self) -> dict[str, Any]:
        """Both new PINs must be alike."""
        return _same_pins(self)


def _small(file: UploadedFile[bytes]) -> UploadedFile[bytes]:
    if (file.size or 0) > _LARGEST_KEY_FILE:
        raise forms.ValidationError(_("This file is too large for a key."))
    return file


def _same_pins(form: forms.Form) -> dict[str, Any]:
    new, repeated = form.cleaned_data.get("new_pin"), form.cleaned_data.get("repeated")
    if new is not None and repeated is not None and new.reveal() != repeated.reveal():
        form.add_error("repeated", _("The two PINs differ."))
    return form.cleaned_data
