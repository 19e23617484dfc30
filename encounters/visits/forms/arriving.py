"""Admission and visit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Location, Organization, User
from emr.terminology.selectors import choices_by_system
from encounters.visits import codes, record_types
from encounters.visits.details import StayDetails
from encounters.visits.forms.fields import (
    BedField,
    DepartmentField,
    DoctorField,
    EventForm,
    clinical_departments,
    doctors_of,
    new_key,
)

EMPTY = [("", "—")]
_DETAILS = StayDetails.__annotations__.keys()


class _ArrivalForm(EventForm):
    department = DepartmentField(label=_("Department"))
    bed = BedField()
    attending = DoctorField()
    reason = forms.CharField(label=_("Reason for coming"), max_length=500, required=False)
    diagnosis = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)
    diagnosis_text = forms.CharField(label=_("Diagnosis"), max_length=500, required=False)
    referral_source = forms.ChoiceField(
        label=_("Referred by"), choices=[*EMPTY, *codes.ReferralSource.choices], required=False
    )
    referrer_name = forms.CharField(label=_("Referring facility"), max_length=200, required=False)
    payer = forms.ChoiceField(label=_("Payer"), choices=[*EMPTY, *codes.Payer.choices], required=False)
    external_cause_code = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)
    external_cause_code_text = forms.CharField(label=_("External cause"), max_length=300, required=False)
    accident_type = forms.ChoiceField(
        label=_("Kind of accident"), choices=[*EMPTY, *codes.AccidentType.choices], required=False
    )
    accident_place = forms.CharField(label=_("Place of the accident"), max_length=200, required=False)
    accident_at = forms.DateTimeField(label=_("Time of the accident"), required=False)
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=new_key)

    def __init__(
        self, *args: Any, facility_id: int, beds: list[Location], is_infant: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = clinical_departments(facility_id)  # type: ignore[attr-defined]
        self.fields["attending"].queryset = doctors_of(facility_id)  # type: ignore[attr-defined]
        _offer_beds(self.fields["bed"], beds, self.data.get("bed", ""), facility_id)
        if is_infant:
            self.fields["child_weight_grams"] = forms.IntegerField(
                label=_("Child's weight"), required=False, min_value=200, max_value=60000
            )

    @property
    def details(self) -> StayDetails:
        """What the service takes as details of the stay."""
        told = {name: self.cleaned_data[name] for name in _DETAILS if name in self.cleaned_data}
        return StayDetails(**told)  # type: ignore[typeddict-item, no-any-return]


def _offer_beds(field: forms.Field, beds: list[Location], chosen: str, facility_id: int) -> None:
    """The free beds, and the one that was chosen though it may be taken by now: the service says so in words."""
    ids = [bed.pk for bed in beds]
    if chosen.isdigit():
        ids.append(int(chosen))
    field.queryset = Location.objects.filter(  # type: ignore[attr-defined]
        pk__in=ids, facility_id=facility_id, kind=Location.Kind.BED
    ).select_related("parent")


class VisitForm(_ArrivalForm):
    """An outpatient or emergency visit."""

    encounter_class = forms.ChoiceField(
        label=_("Kind of visit"),
        choices=[
            (codes.EncounterClass.AMBULATORY, codes.EncounterClass.AMBULATORY.label),
            (codes.EncounterClass.EMERGENCY, codes.EncounterClass.EMERGENCY.label),
        ],
        initial=codes.EncounterClass.AMBULATORY,
        widget=forms.RadioSelect,
    )


class AdmitForm(_ArrivalForm):
    """An admission, with what the registration's card didn't say for those who may complete it."""

    admission_source = forms.ChoiceField(
        label=_("Came through"), choices=[*EMPTY, *codes.AdmissionSource.choices], required=False
    )
    times_admitted = forms.IntegerField(
        label=_("Admission for this disease, number"), required=False, min_value=1, max_value=999
    )
    record_type = forms.ChoiceField(label=_("Kind of record"), choices=record_types.INPATIENT, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lacking: set[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.completing = _completing_fields(lacking or set())
        self.fields.update(self.completing)

    @property
    def completed(self) -> dict[str, str]:
        """What was completed of the patient's own data."""
        names = ("ethnic_group", "occupation", "phone")
        return {name: value for name in names if (value := self.cleaned_data.get(name, ""))}

    @property
    def person(self) -> dict[str, str] | None:
        """Whom to notify, when it was filled in."""
        name = self.cleaned_data.get("person_name", "").strip()
        if not name:
            return None
        return {
            "full_name": name,
            "relationship": self.cleaned_data.get("person_relationship", ""),
            "phone": self.cleaned_data.get("person_phone", ""),
        }

    def clean(self) -> dict[str, Any]:
        """A person to notify has a relation to the patient."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("person_name") and not cleaned.get("person_relationship"):
            self.add_error("person_relationship", _("Choose how they are related."))
        return cleaned


def _completing_fields(lacking: set[str]) -> dict[str, forms.Field]:
    """Fields for what the patient's record lacks; the rest is completed on the patient's own page."""
    systems = {"ethnic_group": "ethnic-group", "occupation": "occupation", "people": "relationship"}
    wanted = [system for name, system in systems.items() if name in lacking]
    lists = choices_by_system(wanted) if wanted else {}
    labels = {"ethnic_group": _("Ethnic group"), "occupation": _("Occupation")}
    fields: dict[str, forms.Field] = {}
    for name, label in labels.items():
        if name in lacking:
            fields[name] = forms.ChoiceField(
                label=label, choices=[*EMPTY, *lists[systems[name]]], required=False
            )
    if "phone" in lacking:
        fields["phone"] = forms.CharField(label=_("Phone"), max_length=30, required=False)
    if "people" in lacking:
        fields["person_name"] = forms.CharField(label=_("Person to notify"), max_length=160, required=False)
        fields["person_relationship"] = forms.ChoiceField(
            label=_("Relation"), choices=[*EMPTY, *lists["relationship"]], required=False
        )
        fields["person_phone"] = forms.CharField(label=_("Their phone"), max_length=30, required=False)
    return fields


def own_department(user: User, departments: list[Organization]) -> Organization | None:
    """The person's own department, when they work in just one of these."""
    mine = {role.department_id for role in user.current_roles}
    found = [department for department in departments if department.pk in mine]
    return found[0] if len(found) == 1 else None
