"""Shape of what is said of a dose."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.medicines.models import (
    GivingConflict,
    InfusionStep,
    MedicationAdministration,
    ReactionTest,
    TrayReturn,
)
from encounters.orders.forms import VietnameseDecimal
from encounters.orders.models import MedicationRequest


class KeyForm(forms.Form):
    """Every act carries its own key, so that sent twice it is one."""

    key = forms.UUIDField()

    @property
    def made(self) -> uuid.UUID:
        """The key that was sent."""
        key: uuid.UUID = self.cleaned_data["key"]
        return key


class GiveForm(KeyForm):
    """Given, by scan or by hand: all of it unless an amount is said, now unless a time is."""

    amount = VietnameseDecimal(
        label=_("Amount"), required=False, min_value=Decimal("0.001"), max_digits=9, decimal_places=3
    )
    hand_reason = forms.CharField(label=_("Why it wasn't scanned"), max_length=200, required=False)
    site = forms.ChoiceField(
        label=_("Site"), required=False, choices=[("", "—"), *MedicationAdministration.Site.choices]
    )
    at = forms.DateTimeField(label=_("Given at"), required=False)
    rate = forms.CharField(label=_("Rate"), max_length=40, required=False)
    batch = forms.CharField(label=_("Batch"), max_length=40, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    package = forms.CharField(max_length=200, required=False)


class TimedForm(KeyForm):
    """What was done now unless a time is said."""

    at = forms.DateTimeField(label=_("At"), required=False)


class NotGivenForm(TimedForm):
    """Not given: a code of the facility's list, and words where there are any."""

    reason = forms.CharField(label=_("Reason"), max_length=30)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class PostponeForm(forms.Form):
    """Given later than `seen`, the time at which it was due when the page was made."""

    seen = forms.DateTimeField()
    until = forms.DateTimeField(label=_("Give at"))
    why = forms.CharField(label=_("Reason"), max_length=200)


class WitnessForm(forms.Form):
    """Who the second nurse is, and their word."""

    name = forms.CharField(label=_("Badge or user name"), max_length=150)
    word = forms.CharField(label=_("PIN or password"), max_length=128, widget=forms.PasswordInput)


class StepForm(TimedForm):
    """A step of an infusion."""

    kind = forms.ChoiceField(choices=InfusionStep.Kind.choices)
    rate = forms.CharField(label=_("Rate"), max_length=40, required=False)
    volume_ml = VietnameseDecimal(
        label=_("Volume (ml)"), required=False, min_value=Decimal(0), max_digits=7, decimal_places=1
    )
    is_partial = forms.BooleanField(label=_("Not all of it went in"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class EventForm(KeyForm):
    """When the operation is, or that it is put off and why."""

    kind = forms.ChoiceField(choices=MedicationRequest.BeforeEvent.choices)
    at = forms.DateTimeField(label=_("At"), required=False)
    is_put_off = forms.BooleanField(label=_("Put off"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("is_put_off") and cleaned.get("at") is None and "at" not in self.errors:
            self.add_error("at", _("Say when it is."))
        return cleaned


class TestForm(TimedForm):
    """A reaction test begins."""

    method = forms.ChoiceField(label=_("Method"), choices=ReactionTest.Method.choices)
    batch = forms.CharField(label=_("Batch"), max_length=40, required=False)


class ReadingForm(forms.Form):
    """What a reaction test shows."""

    result = forms.ChoiceField(choices=ReactionTest.Result.choices)
    at = forms.DateTimeField(label=_("Read at"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class SettleForm(forms.Form):
    """What really happened."""

    outcome = forms.ChoiceField(choices=GivingConflict.Outcome.choices)
    note = forms.CharField(label=_("How you know"), max_length=300)


class BatchForm(forms.Form):
    """Batch and expiry of one medicine of a tray."""

    batch = forms.CharField(label=_("Batch"), max_length=40, required=False)
    expires_on = forms.DateField(label=_("Expires"), required=False)
    line = forms.CharField(max_length=340)


class ReturnForm(forms.Form):
    """Where a dose that wasn't given went."""

    dose = forms.UUIDField()
    where = forms.ChoiceField(choices=TrayReturn.Where.choices)


def said(form: forms.Form) -> str:
    """The form's errors on one line, each with its field's name."""
    return " ".join(
        f"{form[name].label}: {' '.join(str(error) for error in errors)}"
        for name, errors in form.errors.items()
        if name in form.fields
    )
