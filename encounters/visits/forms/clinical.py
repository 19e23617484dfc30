"""Diagnoses and procedures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.visits import codes
from encounters.visits.forms.fields import DoctorField, EventForm, doctors_of


class DiagnosisForm(forms.Form):
    """One diagnosis: a code, words, or both."""

    role = forms.ChoiceField(
        label=_("Kind of diagnosis"),
        choices=codes.DiagnosisRole.choices,
        initial=codes.DiagnosisRole.WORKING,
    )
    code = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)
    code_text = forms.CharField(label=_("Diagnosis"), max_length=500)


class ProcedureForm(EventForm):
    """An operation or procedure that was done."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=codes.ProcedureKind.choices, initial=codes.ProcedureKind.PROCEDURE
    )
    code = forms.CharField(max_length=10, required=False, widget=forms.HiddenInput)
    code_text = forms.CharField(label=_("Procedure"), max_length=500)
    ended_at = forms.DateTimeField(label=_("End"), required=False)
    anaesthesia = forms.ChoiceField(
        label=_("Anaesthesia"), choices=[("", "—"), *codes.Anaesthesia.choices], required=False
    )
    operator = DoctorField()
    assistant = DoctorField()
    anaesthetist = DoctorField()

    def __init__(self, *args: Any, facility_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = doctors_of(facility_id)
        for name, label in (
            ("operator", _("Operator")),
            ("assistant", _("Assistant")),
            ("anaesthetist", _("Anaesthetist")),
        ):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
            self.fields[name].label = label

    @property
    def performers(self) -> list[tuple[str, Any]]:
        """[(role, person)] as the service takes them."""
        roles = [("operator", "operator"), ("assistant", "assistant"), ("anaesthetist", "anaesthetist")]
        return [(role, who) for name, role in roles if (who := self.cleaned_data.get(name)) is not None]
