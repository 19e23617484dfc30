"""Shape of an order as it is typed."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.common.errors import DomainError
from encounters.orders import regimens
from encounters.orders.models import (
    MedicationRequest,
    Order,
    OrderSet,
    PrescriptionLine,
    ServiceRequest,
    SpokenOrder,
)

_TIME = re.compile(r"^([01]?\d|2[0-3])(?:[:hg]([0-5]\d)?)?$")
# Which catalogue each kind of order is chosen from.
CATALOGUES = {
    "medication": "medicine",
    "laboratory": "laboratory-test",
    "imaging": "imaging-service",
    "procedure": "icd9cm",
    "diet": "diet",
    "care-level": "care-level",
    "monitoring": "monitoring",
}
KINDS = [("medication", _("Medicine")), *ServiceRequest.Category.choices]


class VietnameseDecimal(forms.DecimalField):
    """A number with a comma or a point."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class Times(forms.CharField):
    """Hours of the day, "8 14 20" or "08:00, 20:30", as ["08:00", …]."""

    def clean(self, value: Any) -> Any:
        found = []
        for word in re.split(r"[\s,;]+", super().clean(value).strip()):
            if not word:
                continue
            match = _TIME.match(word)
            if match is None:
                raise forms.ValidationError(_("%(word)s is not a time of day."), params={"word": word})
            found.append(f"{int(match[1]):02d}:{match[2] or '00'}")
        return sorted(set(found))


class Regimen(forms.CharField):
    """A taper, a scale or conditions as they are typed, cleaned to what the order keeps."""

    def __init__(self, parse: Callable[[str], Any], as_json: Callable[[Any], Any], **told: Any) -> None:
        super().__init__(**told)
        self.parse, self.as_json = parse, as_json

    def clean(self, value: Any) -> Any:
        try:
            return self.as_json(self.parse(super().clean(value)))
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class LineForm(forms.Form):
    """What a line of either kind says of when."""

    priority = forms.ChoiceField(
        label=_("Priority"), choices=Order.Priority.choices, initial=Order.Priority.ROUTINE, required=False
    )
    occurrence_at = forms.DateTimeField(label=_("Once, at"), required=False)
    until_on = forms.DateField(label=_("Daily until"), required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def clean_priority(self) -> str:
        return str(self.cleaned_data.get("priority") or Order.Priority.ROUTINE)

    def line(self) -> dict[str, Any]:
        """The fields of the row."""
        values = dict(self.cleaned_data)
        values["text"] = values.pop("code_text")
        return values


def _limit(label: Any, digits: int = 9, places: int = 3) -> VietnameseDecimal:
    return VietnameseDecimal(
        label=label, min_value=Decimal("0.001"), max_digits=digits, decimal_places=places, required=False
    )


class MedicationForm(LineForm):
    """One medicine."""

    code = forms.CharField(max_length=20, required=False)
    code_text = forms.CharField(label=_("Medicine"), max_length=300)
    dose = VietnameseDecimal(
        label=_("Dose"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3, required=False
    )
    dose_unit = forms.CharField(label=_("Unit"), max_length=20)
    times_per_day = forms.IntegerField(label=_("Times a day"), min_value=1, max_value=48, required=False)
    route = forms.CharField(label=_("Route"), max_length=10)
    times = Times(label=_("Hours"), required=False, help_text=_("8 14 20"))
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=90, initial=1)
    rate = forms.CharField(label=_("Rate"), max_length=40, required=False)
    diluent = forms.CharField(label=_("Mixed with"), max_length=200, required=False)
    as_needed = forms.BooleanField(label=_("When needed"), required=False)
    as_needed_for = forms.CharField(label=_("Needed for"), max_length=120, required=False)
    most_per_dose = _limit(_("At most at a time"))
    most_per_day = _limit(_("At most a day"))
    least_hours_between = _limit(_("Hours between, at least"), 4, 1)
    meal = forms.ChoiceField(
        label=_("Meals"), choices=[("", "–"), *MedicationRequest.Meal.choices], required=False
    )
    steps = Regimen(
        regimens.parse_steps,
        regimens.steps_json,
        label=_("Taper"),
        max_length=200,
        required=False,
        help_text=_("8 3n > 6 3n > 4 3n: in the place of dose and days"),
    )
    scale = Regimen(
        regimens.parse_scale,
        regimens.scale_json,
        label=_("By capillary glucose"),
        max_length=200,
        required=False,
        help_text=_("<8:0 8-12:2 12-16:4 >16:6!: in the place of the dose; ! tells the doctor"),
    )
    hold_if = Regimen(
        regimens.parse_holds,
        regimens.holds_json,
        label=_("Not given while"),
        max_length=200,
        required=False,
        help_text=_("mạch <60, HATT <90"),
    )
    before_event = forms.ChoiceField(
        label=_("Waits for"),
        choices=[("", "–"), *MedicationRequest.BeforeEvent.choices],
        required=False,
    )
    minutes_before = forms.IntegerField(
        label=_("Minutes before"), min_value=1, max_value=1440, required=False
    )
    day_number = forms.IntegerField(
        label=_("Day of use"),
        min_value=1,
        max_value=999,
        required=False,
        help_text=_("Empty: counted from earlier orders"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        once = cleaned.get("occurrence_at") or cleaned.get("before_event")
        self._fit_dose(cleaned)
        if cleaned.get("before_event") and not cleaned.get("minutes_before"):
            cleaned["minutes_before"] = 60
        if not cleaned.get("as_needed") and not cleaned.get("times_per_day") and not once:
            if cleaned.get("times"):
                cleaned["times_per_day"] = len(cleaned["times"])
            else:
                self.add_error("times_per_day", _("Say how many times a day."))
        if cleaned.get("as_needed") and not cleaned.get("as_needed_for"):
            self.add_error("as_needed_for", _("Say what it is needed for."))
        return cleaned

    def _fit_dose(self, cleaned: dict[str, Any]) -> None:
        """A scale or a taper says how much; nothing else leaves the dose unsaid."""
        if scale := regimens.read_scale(cleaned.get("scale") or {}):
            cleaned["dose"] = scale.highest
        elif steps := regimens.read_steps(cleaned.get("steps") or []):
            cleaned["dose"] = steps[0].dose
        elif cleaned.get("dose") is None and "dose" not in self.errors:
            self.add_error("dose", _("Say the dose."))


class ServiceForm(LineForm):
    """One service."""

    code = forms.CharField(max_length=20, required=False)
    code_text = forms.CharField(label=_("Service"), max_length=300)
    frequency = forms.CharField(label=_("How often"), max_length=80, required=False)
    clinical_question = forms.CharField(label=_("Clinical question"), max_length=300, required=False)
    specimen = forms.CharField(max_length=20, required=False)
    body_site = forms.CharField(label=_("Body site"), max_length=120, required=False)
    call_to = forms.CharField(label=_("Phone the result to"), max_length=120, required=False)


class SpokenForm(forms.Form):
    """What a doctor said, and to whom; the lines stand beside it."""

    kind = forms.ChoiceField(label=_("How"), choices=SpokenOrder.Kind.choices)
    prescriber = forms.UUIDField(label=_("Doctor"))
    spoken_at = forms.DateTimeField(label=_("At"), required=False, help_text=_("Empty: now"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Of an urgent dose: why it could not wait"),
    )
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    read_back = forms.BooleanField(label=_("Read back to the doctor, who agreed"), required=False)
    is_given = forms.BooleanField(label=_("Given already"), required=False)
    token = forms.UUIDField(widget=forms.HiddenInput)


class PrescriptionLineForm(forms.Form):
    """A line of a prescription as it is changed; an empty quantity is counted."""

    dose = VietnameseDecimal(label=_("Dose"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3)
    dose_unit = forms.CharField(label=_("Unit"), max_length=20)
    times_per_day = forms.IntegerField(label=_("Times a day"), min_value=1, max_value=24, required=False)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=90)
    route = forms.CharField(label=_("Route"), max_length=10)
    meal = forms.ChoiceField(
        label=_("Meals"), choices=[("", "–"), *MedicationRequest.Meal.choices], required=False
    )
    quantity = VietnameseDecimal(
        label=_("Quantity"), min_value=Decimal("0.01"), max_digits=9, decimal_places=2, required=False
    )
    quantity_unit = forms.CharField(label=_("Unit"), max_length=20)
    control = forms.ChoiceField(label=_("Control"), choices=PrescriptionLine.Control.choices, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class SetForm(forms.Form):
    """The head of a set; its lines stand beside it."""

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=OrderSet.Kind.choices)
    department = forms.CharField(label=_("Department"), max_length=20, required=False)
    diagnosis = forms.CharField(
        label=_("Diagnosis"), max_length=8, required=False, help_text=_("Beginning of an ICD-10 code: J18")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)
    reason = forms.CharField(label=_("Why it is changed"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class PharmacyFilter(forms.Form):
    """What the pharmacist's list shows."""

    show = forms.CharField(required=False)
    department = forms.UUIDField(required=False)
    q = forms.CharField(max_length=80, required=False)


class TableForm(forms.Form):
    """A table's file, or `shipped`: the sample that comes with the product."""

    file = forms.FileField(label=_("CSV file"), required=False)
    shipped = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("file") and not cleaned.get("shipped"):
            self.add_error("file", _("Choose a file."))
        return cleaned
