"""Shape of what this room's pages post."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.common.clock import now
from encounters.monitoring.models import FluidEntry, Scale
from encounters.monitoring.models.fluids import LARGEST
from encounters.results.forms import VitalSignsForm
from encounters.results.vital_signs import MORE_SIGNS, SIGNS

# Said of everybody at each round, as last time unless the nurse says otherwise; kept of whole rounds alone.
PRESET = ("consciousness", "oxygen_flow")
LONGEST_WAIT = 24 * 60 * 60
_WHOLE = {"pulse", "systolic", "respiration", "oxygen"}
_NUMBER = re.compile(r"\d{1,3}(\.\d{1,2})?")


class RoundForm(VitalSignsForm):
    """A whole round: the six numbers, consciousness and oxygen as last time, and what this patient needs beside them."""

    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    # Seconds since the device sent it first: while the network was away it was no less taken then.
    waited = forms.IntegerField(
        min_value=0, max_value=LONGEST_WAIT, required=False, initial=0, widget=forms.HiddenInput
    )

    def __init__(
        self,
        *args: Any,
        preset: Mapping[str, Decimal] | None = None,
        wanted: Sequence[str] = (),
        line: int | None = None,
        **kwargs: Any,
    ) -> None:
        """`line`: the stay's number where the fields stand in cells of a table, outside their form's element."""
        if line is not None:
            kwargs["auto_id"] = f"{line}-%s"
        super().__init__(*args, **kwargs)
        self.preset = {name: (preset or {}).get(name, Decimal(0)) for name in PRESET}
        self.wanted = [name for name in wanted if name in MORE_SIGNS and name not in PRESET]
        for name, sign in MORE_SIGNS.items():
            initial = self.preset.get(name)
            if initial is not None:
                # What the page showed as last time's: sent along, so that a repetition means what the first one meant.
                self.fields[f"was_{name}"] = forms.DecimalField(
                    required=False, initial=f"{initial.normalize():f}", widget=forms.HiddenInput
                )
            if sign.answers:
                choices: list[tuple[str, Any]] = [(str(n), words) for n, words in enumerate(sign.answers)]
                self.fields[name] = forms.ChoiceField(
                    label=sign.title,
                    required=False,
                    choices=choices if name in PRESET else [("", "…"), *choices],
                    initial=None if initial is None else str(int(initial)),
                )
                continue
            self.fields[name] = forms.CharField(
                label=f"{sign.title} ({sign.unit})",
                max_length=8,
                required=False,
                initial=None if initial is None else f"{initial.normalize():f}".replace(".", ","),
                widget=forms.TextInput(
                    attrs={"inputmode": "decimal" if sign.decimals else "numeric", "autocomplete": "off"}
                ),
            )

        if line is not None:
            for field in self.fields.values():
                field.widget.attrs |= {"form": f"line-form-{line}", "aria-label": field.label}
            self.fields["pulse"].widget.attrs.pop("autofocus", None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in MORE_SIGNS:
            text = str(cleaned.get(name) or "").strip().replace(",", ".")
            if not text:
                cleaned.pop(name, None)
            elif _NUMBER.fullmatch(text):
                cleaned[name] = Decimal(text)
            else:
                self.add_error(name, _("A number, please."))
        if not cleaned.get("effective_at") and cleaned.get("waited"):
            cleaned["effective_at"] = now() - dt.timedelta(seconds=cleaned["waited"])
        return cleaned

    def values(self) -> dict[str, Decimal]:
        """What was taken, by name; of a few numbers alone what stood there from last time isn't part."""
        found = {name: self.cleaned_data[name] for name in SIGNS if name in self.cleaned_data}
        if not found.keys() >= _WHOLE:
            for name in PRESET:
                was = self.cleaned_data.get(f"was_{name}")
                if found.get(name) == (self.preset[name] if was is None else was):
                    del found[name]
        return found

    def always(self) -> list[forms.BoundField]:
        """Consciousness, oxygen, and what the patient's score needs beside the six numbers."""
        return [self[name] for name in (*PRESET, *self.wanted)]

    def now_and_then(self) -> list[forms.BoundField]:
        """What is taken of some."""
        return [
            *self.more_numbers(),
            *(self[name] for name in MORE_SIGNS if name not in (*PRESET, *self.wanted)),
        ]


class RoundTimeForm(forms.Form):
    """When the lines of a ward were taken, where it wasn't now: sent with each of them."""

    effective_at = forms.DateTimeField(label=_("Time of the round"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)


class RespondForm(forms.Form):
    """What is done about a score, and for how long one as high calls nobody again."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = forms.CharField(label=_("What is done"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    cover_minutes = forms.TypedChoiceField(
        label=_("A score no higher calls nobody again for"),
        coerce=int,
        choices=[("30", _("30 minutes")), ("60", _("1 hour")), ("240", _("4 hours")), ("720", _("12 hours"))],
        initial="60",
    )


class ScaleForm(forms.Form):
    """By what the stay is scored from now on, and why."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    scale = forms.ChoiceField(label=_("Score"), choices=Scale.choices)
    oxygen_scale = forms.TypedChoiceField(
        label=_("SpO2 scale (NEWS2)"),
        coerce=int,
        choices=[("1", _("Scale 1: usual")), ("2", _("Scale 2: target 88–92 %, hypercapnic failure"))],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class FluidForm(forms.Form):
    """One amount that went in or came out."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(label=_("What"), choices=[("", "…"), *FluidEntry.Kind.choices])
    volume = forms.IntegerField(
        label=_("Amount (mL)"),
        min_value=1,
        max_value=LARGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    happened_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    confirmed = forms.BooleanField(required=False)


class FluidCorrectionForm(forms.Form):
    """The right amount, or none when it should not stand at all."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    volume = forms.IntegerField(label=_("Right amount (mL)"), min_value=1, max_value=LARGEST, required=False)
    reason = forms.CharField(label=_("What was wrong"), max_length=200)
