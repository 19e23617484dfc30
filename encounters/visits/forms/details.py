"""What was told on arrival, completed or corrected later."""

import copy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.visits import record_types
from encounters.visits.details import StayDetails
from encounters.visits.forms.arriving import EMPTY, AdmitForm
from encounters.visits.models import Encounter

_TEXTS = {"external_cause_code": "external_cause_code_text"}
_OF_INPATIENTS = {"admission_source", "times_admitted"}


class DetailsForm(forms.Form):
    """The fields of admission that aren't who, where and when; those of inpatients for inpatients alone."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, stay: Encounter, is_infant: bool) -> None:
        names = [
            name
            for name in StayDetails.__annotations__
            if name in AdmitForm.base_fields and (stay.is_inpatient or name not in _OF_INPATIENTS)
        ]
        known = {name: getattr(stay, name) for name in names}
        known["external_cause_code_text"] = stay.external_cause_code
        super().__init__(data, initial=known | {"version": stay.version})
        for name in [*names, *_TEXTS.values()]:
            self.fields[name] = copy.deepcopy(AdmitForm.base_fields[name])
        if not stay.is_inpatient:
            self.fields["record_type"] = forms.ChoiceField(
                label=_("Kind of record"), choices=[*EMPTY, *record_types.OUTPATIENT], required=False
            )
        if is_infant:
            self.fields["child_weight_grams"] = forms.IntegerField(
                label=_("Child's weight"),
                required=False,
                min_value=200,
                max_value=60000,
                initial=stay.child_weight_grams,
            )

    @property
    def details(self) -> StayDetails:
        """What the service takes."""
        told = {
            name: self.cleaned_data[name] for name in StayDetails.__annotations__ if name in self.cleaned_data
        }
        return StayDetails(**told)  # type: ignore[typeddict-item, no-any-return]
