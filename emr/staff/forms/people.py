"""Shape of a person, a role held, a licence, and of the questions to the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import Organization
from emr.accounts.selectors import roles_of
from emr.staff.models import PractisingLicence
from emr.staff.selectors import people
from emr.staff.selectors.practice import PracticeCheck

_NAME_LENGTH = 120


def _departments(facility_id: int) -> list[tuple[str, str]]:
    rows = Organization.objects.filter(parent=facility_id, is_active=True).order_by("code")
    return [(str(row.pk), f"{row.code} · {row.name}") for row in rows]


def _roles(facility_id: int) -> list[tuple[str, str]]:
    return [(role.code, str(role.label)) for role in roles_of(facility_id)]


class _OfFacility(forms.Form):
    """Knows the facility's departments and roles."""

    def __init__(self, *args: Any, facility_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        blank = [("", "—")]
        for name, choices in (("department", _departments), ("role", _roles)):
            if name in self.fields:
                self.fields[name].choices = [*blank, *choices(facility_id)]  # type: ignore[attr-defined]  # a ChoiceField


class FilterForm(_OfFacility):
    """What the list of staff is narrowed by."""

    q = forms.CharField(label=_("Name, username, staff code or licence"), required=False, max_length=100)
    department = forms.ChoiceField(label=_("Department"), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            (people.ACTIVE, _("At work")),
            (people.SUSPENDED, _("Suspended")),
            (people.LEFT, _("Left")),
            (people.ALL, _("All")),
        ],
    )
    licence = forms.ChoiceField(
        label=_("Practising licence"),
        required=False,
        choices=[
            ("", "—"),
            (people.EXPIRING, _("runs out within 60 days")),
            (people.MISSING, _("needed and missing")),
        ],
    )
    page = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def question(self) -> people.Question:
        """What was asked; the usual list where that makes no sense."""
        asked = self.cleaned_data if self.is_valid() else {}
        return people.Question(
            q=asked.get("q", ""),
            department=int(asked["department"]) if asked.get("department") else None,
            role=asked.get("role", ""),
            state=asked.get("state") or people.ACTIVE,
            licence=asked.get("licence", ""),
        )


class PersonForm(forms.Form):
    """Who somebody is."""

    full_name = forms.CharField(label=_("Full name"), max_length=_NAME_LENGTH)
    staff_code = forms.CharField(label=_("Staff code"), max_length=30)
    title = forms.CharField(
        label=_("Professional title"),
        max_length=60,
        required=False,
        help_text=_("As printed before the name: BS.CKI, ĐD."),
    )


class NewPersonForm(_OfFacility, PersonForm):
    """A new member of staff in five fields; the username is made of the name."""

    department = forms.ChoiceField(label=_("Department"))
    role = forms.ChoiceField(label=_("Role"))
    field_order = ("full_name", "staff_code", "title", "department", "role")


class GiveRoleForm(_OfFacility):
    """A role in a department, from a day to a day."""

    role = forms.ChoiceField(label=_("Role"))
    department = forms.ChoiceField(label=_("Department"))
    starts_on = forms.DateField(label=_("From"), required=False)
    ends_on = forms.DateField(label=_("Last day"), required=False)

    def clean(self) -> dict[str, Any]:
        """The first day isn't after the last."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day lies before the first."))
        return cleaned


class EndRoleForm(forms.Form):
    """When a role ends; now, where no day is given."""

    ends_on = forms.DateField(label=_("Last day"), required=False)


class SuspendForm(forms.Form):
    """Why an account is shut."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class LicenceForm(forms.Form):
    """A practising licence; the same number again corrects it."""

    number = forms.CharField(label=_("Licence number"), max_length=40)
    profession = forms.ChoiceField(label=_("Profession"), choices=PractisingLicence.Profession.choices)
    scope = forms.CharField(label=_("Scope of practice"), max_length=300, required=False)
    issued_on = forms.DateField(label=_("Issued on"), required=False)
    issued_by = forms.CharField(label=_("Issued by"), max_length=120, required=False)
    valid_from = forms.DateField(label=_("Valid from"))
    valid_to = forms.DateField(label=_("Valid to"), required=False)
    hours = forms.CharField(
        label=_("Hours registered here"),
        max_length=200,
        required=False,
        help_text=_("T2-T6 07:30-16:30; T7 07:30-11:30. Empty: at any hour."),
    )


class PracticeForm(forms.Form):
    """How strictly licences count."""

    value = forms.ChoiceField(
        label=_("What stops orders, documents and signatures"),
        widget=forms.RadioSelect,
        choices=[
            (PracticeCheck.OFF.value, _("nothing: licences are kept for the register alone")),
            (PracticeCheck.LICENCE.value, _("no licence that is valid on the day")),
            (PracticeCheck.HOURS.value, _("no valid licence, or an hour that isn't registered")),
        ],
    )


class ImportForm(forms.Form):
    """A list of staff."""

    file = forms.FileField(label=_("Spreadsheet (.xlsx or .csv)"), max_length=200)
    file.widget.attrs["accept"] = ".xlsx,.csv"

    def clean_file(self) -> Any:
        """A list of a few thousand people is far below this."""
        file = self.cleaned_data["file"]
        if file.size > 8 * 2**20:
            raise forms.ValidationError(_("The file is larger than 8 MB."))
        return file
