"""Shape of what the page sends; the rules are the services'."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.terminology.selectors import choices_by_system
from encounters.consents.models import Confirmation
from encounters.consents.services import Signer, Witness
from patients.registry.models import Patient, RelatedPerson

_MOST_STROKES = 600_000  # characters


class AskForm(forms.Form):
    """Ask outside the page: which way, where to, about which bytes."""

    provider = forms.CharField(max_length=20)
    sha256 = forms.RegexField(r"^[0-9a-fA-F]{64}$")
    address = forms.CharField(max_length=60, required=False)


class ConfirmForm(forms.Form):
    """One confirmation as the device sends it."""

    key = forms.UUIDField()
    sha256 = forms.RegexField(
        r"^[0-9a-fA-F]{64}$",
        error_messages={
            "required": _("Wait until the document is shown."),
            "invalid": _("Open the document again."),
        },
    )
    told_at = forms.DateTimeField(required=False)
    way = forms.ChoiceField(label=_("Way of confirming"), choices=Confirmation.Way.choices)
    answer = forms.ChoiceField(choices=Confirmation.Answer.choices, required=False)
    who = forms.ChoiceField(label=_("Who confirms"), choices=Confirmation.Who.choices)
    person = forms.UUIDField(label=_("Known to the chart"), required=False)
    full_name = forms.CharField(label=_("Full name"), max_length=160, required=False)
    relationship = forms.ChoiceField(label=_("Relation"), required=False)
    id_number = forms.CharField(label=_("ID number"), max_length=20, required=False)
    basis = forms.ChoiceField(
        label=_("By what right"), choices=[("", "—"), *RelatedPerson.Basis.choices], required=False
    )
    basis_reference = forms.CharField(label=_("Paper (number, date)"), max_length=200, required=False)
    strokes = forms.CharField(max_length=_MOST_STROKES, required=False, widget=forms.HiddenInput)
    witness_name = forms.CharField(label=_("Witness"), max_length=160, required=False)
    witness_id_number = forms.CharField(label=_("Witness's ID number"), max_length=20, required=False)
    witness_strokes = forms.CharField(max_length=_MOST_STROKES, required=False, widget=forms.HiddenInput)
    challenge = forms.UUIDField(required=False)
    code = forms.CharField(label=_("Code received"), max_length=4000, required=False)
    paper = forms.FileField(label=_("Photograph or scan of the signed paper"), max_length=200, required=False)

    def __init__(
        self, *args: object, patient: Patient, people: list[RelatedPerson], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on
        self.patient = patient
        self.people = {person.uuid: person for person in people}
        self.fields["relationship"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", "—"),
            *choices_by_system(["relationship"])["relationship"],
        ]
        for name in ("id_number", "witness_id_number", "code"):
            self.fields[name].widget.attrs["data-scan"] = ""
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    @property
    def signer(self) -> Signer:
        """Who confirms: of a person whom the chart knows, the chart's own words."""
        told = self.cleaned_data
        if told["who"] == Confirmation.Who.PATIENT:
            return Signer(id_number="")
        known = self.people.get(told["person"]) if isinstance(told["person"], uuid.UUID) else None
        if known is not None:
            return Signer(
                who=told["who"],
                full_name=known.full_name,
                id_number=known.id_number or told["id_number"],
                relationship=known.relationship,
                basis=known.basis or told["basis"],
                basis_reference=known.basis_reference or told["basis_reference"],
                person=known,
            )
        return Signer(
            who=told["who"],
            full_name=told["full_name"],
            id_number=told["id_number"],
            relationship=told["relationship"],
            basis=told["basis"],
            basis_reference=told["basis_reference"],
        )

    @property
    def witness(self) -> Witness:
        """Who saw it."""
        told = self.cleaned_data
        return Witness(
            full_name=told["witness_name"],
            id_number=told["witness_id_number"],
            strokes=told["witness_strokes"],
        )


def said(form: forms.Form) -> str:
    """What is wrong with the form, in one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
