"""Shape of what is typed while signing. A PIN becomes a `Pin` at once, which nothing can print."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography import x509
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emr.accounts.models import User
from emr.accounts.roles import CHOICES, ROLES
from emr.staff.wording import RIGHTS as RIGHT_NAMES
from signatures.providers.base import Found, Pin
from signatures.signing.chains import Place
from signatures.signing.models import Delegation, Needs, Who
from signatures.signing.permissions import SIGN

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


class OfferedField(forms.CharField):
    """The certificates that an agent found in tokens: JSON, a list of {token, label, key, der}."""

    _MOST = 20

    def clean(self, value: Any) -> list[Found]:
        """What each is, with all the others as possible issuers."""
        try:
            sent = [
                (x509.load_der_x509_certificate(base64.b64decode(one["der"], validate=True)), one)
                for one in json.loads(super().clean(value))[: self._MOST]
            ]
            return [
                Found(
                    certificate=certificate,
                    issuers=[other for other, _place in sent if other is not certificate],
                    reference={
                        "token": str(one["token"])[:64],
                        "label": str(one["label"])[:64],
                        "key": bytes.fromhex(one["key"]).hex()[:128],
                    },
                    asks_pin=False,
                )
                for certificate, one in sent
            ]
        except (ValueError, TypeError, KeyError):
            raise forms.ValidationError(_("What the token holds can't be read.")) from None


class OfferedForm(forms.Form):
    """What the token in the PC holds."""

    offered = OfferedField(max_length=200_000)


class TakeOfferedForm(OfferedForm):
    """And the proof that its key is the person's."""

    challenge = forms.CharField(max_length=1000)
    value = forms.CharField(max_length=2000)


class AnswerForm(forms.Form):
    """What the author says to a refusal when asking again."""

    answer = forms.CharField(label=gettext_lazy("Answer"), max_length=300)


class DelegationForm(forms.Form):
    """Who signs in one's place, in which capacity, from which day to which."""

    delegate = forms.ModelChoiceField(label=gettext_lazy("Who signs"), queryset=User.objects.none())
    manner = forms.ChoiceField(label=gettext_lazy("Signs as"), choices=Delegation.Manner.choices)
    starts_on = forms.DateField(label=gettext_lazy("First day"))
    ends_on = forms.DateField(label=gettext_lazy("Last day"))
    reason = forms.CharField(
        label=gettext_lazy("Decision or reason"),
        max_length=200,
        help_text=gettext_lazy("For example: Decision 12/QĐ-BV, on leave."),
    )

    def __init__(self, *arguments: Any, people: Sequence[User], **more: Any) -> None:
        super().__init__(*arguments, **more)
        field = self.fields["delegate"]
        field.queryset = User.objects.filter(pk__in=[one.pk for one in people])  # type: ignore[attr-defined]
        field.label_from_instance = lambda person: person.titled_name  # type: ignore[attr-defined]


class ChainForm(forms.Form):
    """From when on a form's chain counts, and by which decision."""

    starts_on = forms.DateField(label=gettext_lazy("Counts from"))
    only_closing = forms.BooleanField(
        label=gettext_lazy("Only once the closing summary is written"), required=False
    )
    note = forms.CharField(label=gettext_lazy("By which decision"), max_length=200, required=False)


class PlaceForm(forms.Form):
    """One place of a chain; an empty row is none."""

    who = forms.ChoiceField(label=gettext_lazy("Who signs"), required=False)
    person = forms.ModelChoiceField(
        label=gettext_lazy("Named person"), queryset=User.objects.none(), required=False
    )
    needs = forms.ChoiceField(label=gettext_lazy("How many"), choices=Needs.choices, required=False)
    together = forms.BooleanField(label=gettext_lazy("In any order with the row above"), required=False)

    def __init__(self, *arguments: Any, staff: Any, whos: Sequence[Any], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["who"].choices = whos  # type: ignore[attr-defined]
        self.fields["person"].queryset = staff  # type: ignore[attr-defined]
        self.fields["person"].label_from_instance = lambda one: one.titled_name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A named person needs a name."""
        found = super().clean() or self.cleaned_data
        if found.get("who") == Who.PERSON and found.get("person") is None and not self.errors:
            self.add_error("person", _("Name a person of the house."))
        return found


# Rights whose holders answer for a document's content.
_SIGNING_RIGHTS = (
    "documents.oversee",
    "results.compose",
    "performing.release",
    "orders.review",
    "medicines.settle",
)
_ROWS = 6


def _whos() -> list[tuple[Any, Any]]:
    """What the first column offers: kinds of people, roles, rights, each as "kind" or "kind:code"."""
    plain = [(code, label) for code, label in Who.choices if code not in {Who.ROLE, Who.RIGHT}]
    held = [(f"role:{code}", label) for code, label in CHOICES if SIGN in ROLES[code]]
    rights = [(f"right:{code}", RIGHT_NAMES[code]) for code in _SIGNING_RIGHTS]
    return [
        ("", "—"),
        *plain,
        (gettext_lazy("Who holds the role"), held),
        (gettext_lazy("Who holds the right"), rights),
    ]


_PlaceFormSet = forms.formset_factory(PlaceForm, extra=0, min_num=_ROWS, max_num=_ROWS, absolute_max=_ROWS)


def place_forms(data: Any = None, *, staff: Any, places: Sequence[Place] = ()) -> Any:
    """The rows of a chain, with room for more."""
    told = {"staff": staff, "whos": _whos()}
    if data is not None:
        return _PlaceFormSet(data, prefix="place", form_kwargs=told)
    initial: list[dict[str, Any]] = []
    for number, place in enumerate(places[:_ROWS]):
        together = number > 0 and places[number - 1].position == place.position
        who = f"{place.who}:{place.code}" if place.code else place.who
        initial.append({"who": who, "person": place.person, "needs": place.needs, "together": together})
    return _PlaceFormSet(prefix="place", initial=initial, form_kwargs=told)


def places_of(rows: Any) -> list[Place]:
    """What was typed, without the empty rows; positions count from 1."""
    found: list[Place] = []
    position = 0
    for row in (form.cleaned_data for form in rows if form.cleaned_data.get("who")):
        who, _colon, code = row["who"].partition(":")
        position += not (found and row["together"])
        person = row["person"] if who == Who.PERSON else None
        found.append(Place(position, who, code, person, row["needs"] or Needs.ONE.value))
    return found


class RefuseForm(forms.Form):
    """Why one doesn't sign."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class AskForm(forms.Form):
    """Who is to sign too; several sign in any order."""

    signer = forms.TypedMultipleChoiceField(label=gettext_lazy("Signer"), coerce=UUID)

    def __init__(self, *arguments: Any, people: Sequence[User], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["signer"].choices = [(str(one.uuid), one.titled_name) for one in people]  # type: ignore[attr-defined]


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
