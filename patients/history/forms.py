"""The shape of what is typed about a patient's history."""

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.history.models import AllergyIntolerance


class AllergyForm(forms.Form):
    """An allergy."""

    substance = forms.CharField(label=_("Substance"), max_length=200)
    category = forms.ChoiceField(
        label=_("Kind"), choices=[("", "—"), *AllergyIntolerance.Category.choices], required=False
    )
    criticality = forms.ChoiceField(
        label=_("How dangerous"),
        choices=AllergyIntolerance.Criticality.choices,
        initial=AllergyIntolerance.Criticality.UNKNOWN,
    )
    reaction = forms.CharField(label=_("Reaction"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), max_length=400, required=False)


class ProblemForm(forms.Form):
    """A lasting problem."""

    text = forms.CharField(label=_("Problem"), max_length=300)
    code = forms.CharField(label=_("ICD-10"), max_length=10, required=False)
    onset_year = forms.IntegerField(label=_("Since (year)"), required=False)
    note = forms.CharField(label=_("Note"), max_length=400, required=False)


class DeviceForm(forms.Form):
    """Something implanted."""

    kind = forms.CharField(label=_("Device"), max_length=200)
    site = forms.CharField(label=_("Where"), max_length=120, required=False)
    manufacturer = forms.CharField(label=_("Manufacturer"), max_length=120, required=False)
    serial_number = forms.CharField(label=_("Serial number"), max_length=80, required=False)
    implanted_year = forms.IntegerField(label=_("Year"), required=False)
    is_mri_unsafe = forms.BooleanField(label=_("No magnetic resonance imaging"), required=False)
    note = forms.CharField(label=_("Note"), max_length=400, required=False)


class EndForm(forms.Form):
    """What became of an entry, and why."""

    status = forms.ChoiceField(label=_("What became of it"))
    reason = forms.CharField(label=_("Reason"), max_length=400)

    def __init__(self, *args: object, statuses: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["status"].choices = statuses  # type: ignore[attr-defined]
