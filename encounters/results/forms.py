"""Shape of a round of vital signs."""

import re
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.results.vital_signs import VITAL_SIGNS, VitalSign

# What a round takes of everybody: typed one after the other as on a keypad, the next field following by itself.
# The greatest value that is typed says when a number is complete: 98 can't go on under 350, 12 can.
_LONGEST = {
    "pulse": 350,
    "temperature": 45,
    "systolic": 350,
    "diastolic": 250,
    "respiration": 99,
    "oxygen": 100,
}


def _attributes(sign: VitalSign) -> dict[str, str]:
    found = {"inputmode": "decimal" if sign.decimals else "numeric", "autocomplete": "off"}
    if sign.name in _LONGEST:
        found["data-longest"] = str(_LONGEST[sign.name])
        if sign.decimals:
            found["data-decimals"] = str(sign.decimals)
    return found


class VitalSignsForm(forms.Form):
    """Six numbers and more; every one may be left out. Blood pressure may be typed as 120/80 in its first field."""

    batch = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    effective_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sign in VITAL_SIGNS.items():
            self.fields[name] = forms.CharField(
                label=f"{sign.title} ({sign.unit})",
                max_length=8,
                required=False,
                widget=forms.TextInput(attrs=_attributes(sign)),
            )
        if not self.is_bound:
            self.fields[next(iter(_LONGEST))].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pressure = re.fullmatch(r"(\d{2,3})\s*/\s*(\d{2,3})", str(cleaned.get("systolic", "")).strip())
        if pressure:
            cleaned["systolic"], cleaned["diastolic"] = pressure.groups()
        for name in VITAL_SIGNS:
            text = str(cleaned.get(name) or "").strip().replace(",", ".")
            if not text:
                cleaned.pop(name, None)
            elif re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text):
                cleaned[name] = Decimal(text)
            else:
                self.add_error(name, _("A number, please."))
        return cleaned

    def values(self) -> dict[str, Decimal]:
        """What was typed, by name."""
        return {name: self.cleaned_data[name] for name in VITAL_SIGNS if name in self.cleaned_data}

    def numbers(self) -> list[forms.BoundField]:
        """The fields of the numbers that every round takes, for the template."""
        return [self[name] for name in _LONGEST]

    def more_numbers(self) -> list[forms.BoundField]:
        """The fields of those taken now and then."""
        return [self[name] for name in VITAL_SIGNS if name not in _LONGEST]


class CorrectionForm(forms.Form):
    """The right value, or none when it should not stand at all."""

    value = forms.CharField(label=_("Right value"), max_length=8, required=False)
    reason = forms.CharField(label=_("What was wrong"), max_length=200)

    def clean_value(self) -> Decimal | None:
        text = str(self.cleaned_data["value"]).strip().replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text):
            raise forms.ValidationError(_("A number, please."))
        return Decimal(text)


class NumberForm(forms.Form):
    """The number on the paper or the tube."""

    number = forms.CharField(label=_("Number"), min_length=2, max_length=80)


CAUSES = [
    ("patient", _("Another patient's result")),
    ("specimen", _("Wrong specimen, or specimens mixed up")),
    ("result", _("The examination was not valid")),
]


class TakeBackForm(forms.Form):
    """Why a result is taken back; the words go to whoever has seen it."""

    cause = forms.ChoiceField(label=_("What was wrong"), choices=[("", "…"), *CAUSES])
    words = forms.CharField(label=_("More about it"), max_length=200, required=False)
    confirmed = forms.BooleanField(label=_("I have compared name and number: it is this result."))

    def reason(self) -> str:
        """Cause and words as one sentence."""
        cause = str(dict(CAUSES)[self.cleaned_data["cause"]])
        return ": ".join(filter(None, (cause, self.cleaned_data["words"].strip())))
