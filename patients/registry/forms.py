"""The shape of what is typed on patient pages."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import User
from emr.terminology.selectors import choices_by_system
from patients.registry.age import birth_text
from patients.registry.births import Birth, parse_birth
from patients.registry.cards import Card
from patients.registry.models import (
    VIETNAM,
    Confidentiality,
    ConfidentialityReason,
    Patient,
    RelatedPerson,
)
from patients.registry.services.updating import KEPT_FIELDS

_LISTS = {
    "ethnic_group": "ethnic-group",
    "occupation": "occupation",
    "nationality": "country",
    "province": "province",
    "relationship": "relationship",
}


class BirthField(forms.CharField):
    """A day, a month of a year or a year alone; cleans to a Birth."""

    default_error_messages = {
        "invalid": _("This is not a birth. Type 14/03/1957, 03/1957 or 1957."),
    }

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_birth(text)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


def _fill_lists(form: forms.Form, names: Iterable[str]) -> None:
    """Fill the coded lists of a form with one query; a code that is kept already stays, in the catalogue or not."""
    names = list(names)
    found = choices_by_system([_LISTS[name] for name in names])
    for name in names:
        field, choices = form.fields[name], found[_LISTS[name]]
        kept = form.get_initial_for_field(field, name)
        if kept and kept not in {code for code, _title in choices}:
            choices = [*choices, (kept, kept)]
        field.choices = [("", "—"), *choices]  # type: ignore[attr-defined]


class PatientForm(forms.Form):
    """The administrative part; the first six fields register somebody without a card."""

    full_name = forms.CharField(label=_("Full name"), max_length=160)
    birth = BirthField(
        label=_("Birth"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": "dd/MM/yyyy", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=Patient.Sex.choices, initial=Patient.Sex.UNKNOWN)
    citizen_number = forms.CharField(
        label=_("Personal number"),
        max_length=14,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    address_line = forms.CharField(label=_("House, street, hamlet"), max_length=200, required=False)
    province = forms.ChoiceField(label=_("Province"), required=False)
    commune = forms.CharField(label=_("Commune"), max_length=8, required=False)
    commune_text = forms.CharField(required=False, max_length=120)
    address_text = forms.CharField(
        label=_("Address as on the card"),
        max_length=400,
        required=False,
        help_text=_("Kept as the card shows it, also with the old three levels."),
    )
    ethnic_group = forms.ChoiceField(label=_("Ethnic group"), required=False)
    nationality = forms.ChoiceField(label=_("Nationality"), required=False, initial=VIETNAM)
    occupation = forms.ChoiceField(label=_("Occupation"), required=False)
    workplace = forms.CharField(label=_("Workplace"), max_length=200, required=False)
    other_phone = forms.CharField(label=_("Other phone"), max_length=30, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill_lists(self, ["ethnic_group", "nationality", "occupation", "province"])

    def details(self) -> dict[str, Any]:
        """What the services want to know, numbers apart."""
        known = dict(self.cleaned_data)
        for apart in ("citizen_number", "commune_text", "version", "key", "card_line", "another_person"):
            known.pop(apart, None)
        birth: Birth = known.pop("birth")
        known["nationality"] = known["nationality"] or VIETNAM
        return known | {
            "birth_date": birth.birth_date,
            "birth_month": birth.birth_month,
            "birth_year": birth.birth_year,
        }


class RegistrationForm(PatientForm):
    """A new patient; `card_line` is the line that was scanned, `key` makes a second sending harmless."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    card_line = forms.CharField(widget=forms.HiddenInput, max_length=2000, required=False, strip=False)
    another_person = forms.BooleanField(widget=forms.HiddenInput, required=False)


class CorrectionForm(PatientForm):
    """A correction; `version` is the state that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        """`kept`: another system tells who the person is; its fields are shown and can't be changed."""
        super().__init__(*args, **kwargs)
        self.is_kept = kept
        for name in _KEPT if kept else ():
            self.fields[name].disabled = True

    def details(self) -> dict[str, Any]:
        known = super().details()
        return {name: value for name, value in known.items() if not self.is_kept or name not in KEPT_FIELDS}


# The form's names of what another system may keep; the birth is one field here.
_KEPT = (
    "full_name", "birth", "sex", "phone", "address_line", "province", "commune", "commune_text", "address_text",
    "ethnic_group", "nationality", "other_phone",
)  # fmt: skip


def from_card(card: Card) -> dict[str, Any]:
    """The form's first values when a card was scanned."""
    return {
        "full_name": card.full_name.title() if card.full_name.isupper() else card.full_name,
        "birth": birth_text(card),
        "sex": card.sex,
        "citizen_number": card.citizen_number,
        "address_text": card.address_text,
        "nationality": VIETNAM,
    }


def from_patient(patient: Patient) -> dict[str, Any]:
    """The form's first values for a correction."""
    names = [name for name in PatientForm.base_fields if hasattr(patient, name)]
    return {name: getattr(patient, name) for name in names} | {
        "birth": birth_text(patient),
        "version": patient.version,
    }


class UnknownForm(forms.Form):
    """Somebody nobody can name."""

    description = forms.CharField(
        label=_("Description"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("About how old, clothes, marks, where and by whom found."),
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=Patient.Sex.choices, initial=Patient.Sex.UNKNOWN)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class NewbornForm(forms.Form):
    """A child born to a patient."""

    birth_date = forms.DateField(label=_("Birth date"))
    sex = forms.ChoiceField(label=_("Sex"), choices=Patient.Sex.choices)
    birth_order = forms.IntegerField(
        label=_("Order of birth"), min_value=1, max_value=9, required=False, help_text=_("Of twins and more.")
    )
    full_name = forms.CharField(
        label=_("Name, when it has one"),
        max_length=160,
        required=False,
        help_text=_("Else it is named after the mother."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class RelatedPersonForm(forms.Form):
    """Whom to notify, who may sign (R-14)."""

    full_name = forms.CharField(label=_("Full name"), max_length=160)
    relationship = forms.ChoiceField(label=_("Relation"))
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    id_number = forms.CharField(label=_("ID number"), max_length=20, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    is_contact = forms.BooleanField(label=_("To be notified"), required=False, initial=True)
    is_representative = forms.BooleanField(label=_("Represents the patient and may sign"), required=False)
    basis = forms.ChoiceField(
        label=_("By what right"), choices=[("", "—"), *RelatedPerson.Basis.choices], required=False
    )
    basis_reference = forms.CharField(label=_("Paper (number, date)"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill_lists(self, ["relationship"])


class NumberForm(forms.Form):
    """One more number of a patient."""

    system = forms.ChoiceField(label=_("Kind of number"))
    value = forms.CharField(label=_("Number"), max_length=40)

    def __init__(self, *args: Any, systems: Callable[[], list[tuple[str, Any]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = systems  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """A reason that stays with the deed."""

    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class RestrictionForm(forms.Form):
    """How closely, why, and for whom not."""

    level = forms.ChoiceField(label=_("Level"), choices=Confidentiality.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", "…"), *ConfidentialityReason.choices], required=False
    )
    named = forms.MultipleChoiceField(
        label=_("Who sees the chart nevertheless"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.CharField(
        label=_("Others, by user name"),
        max_length=400,
        required=False,
        help_text=_("Separated by commas; a consultant of another department, for example."),
    )
    facility_id: int | None = None

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(person.uuid): person for person in people}
        self.fields["named"].choices = [  # type: ignore[attr-defined]
            (key, person.titled_name) for key, person in self._people.items()
        ]

    def clean_others(self) -> list[User]:
        """The people behind the user names; one that nobody has is said."""
        names = {name.strip().lower() for name in self.cleaned_data["others"].split(",") if name.strip()}
        found = list(User.objects.filter(facility_id=self.facility_id, is_active=True, username__in=names))
        if missing := names - {person.username for person in found}:
            raise forms.ValidationError(
                _("Nobody has this user name: %(names)s") % {"names": ", ".join(sorted(missing))}
            )
        return found

    def details(self) -> dict[str, Any]:
        """For `restrict_patient`."""
        named = [self._people[key] for key in self.cleaned_data["named"]]
        return {
            "level": self.cleaned_data["level"],
            "reason": self.cleaned_data["reason"],
            "named": [*named, *self.cleaned_data["others"]],
        }
