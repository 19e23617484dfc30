"""Shape of a letter, of a filter, and of a row put on a list."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import User
from emr.common.clock import local_today
from encounters.inspections.models import Body

LARGEST_LIST = 2 * 2**20
STATES = [
    ("all", _("All")),
    ("prepared", _("To be approved")),
    ("coming", _("Not begun yet")),
    ("in-force", _("In force")),
    ("ended", _("Ended")),
    ("withdrawn", _("Withdrawn")),
]


class ReadersField(forms.ModelMultipleChoiceField[User]):
    """Accounts of people from outside, to be ticked."""

    def label_from_instance(self, obj: Any) -> str:
        """Name and account."""
        return f"{obj.titled_name} ({obj.username})"


class MandateForm(forms.Form):
    """A letter as it came in."""

    body = forms.ChoiceField(label=_("Who asks"), choices=[("", "—"), *Body.choices])
    organisation = forms.CharField(label=_("Organisation"), max_length=200)
    letter_number = forms.CharField(label=_("Number of the letter"), max_length=60)
    letter_on = forms.DateField(label=_("Date of the letter"))
    received_on = forms.DateField(label=_("Received on"))
    purpose = forms.CharField(
        label=_("Purpose"), min_length=5, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    starts_at = forms.DateTimeField(label=_("May read from"))
    ends_at = forms.DateTimeField(label=_("Until"))
    readers = ReadersField(
        label=_("Who reads"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        to_field_name="uuid",
        help_text=_("Accounts with the inspector's role alone; the administrator makes them."),
    )

    def __init__(self, *args: Any, readers: list[User], **kwargs: Any) -> None:
        kwargs["initial"] = {"received_on": f"{local_today():%d/%m/%Y}"} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field: Any = self.fields["readers"]
        field.queryset = User.objects.filter(pk__in=[reader.pk for reader in readers]).order_by("sort_key")


class CorrectionForm(MandateForm):
    """The letter as it should have been entered, and why it wasn't."""

    reason = forms.CharField(label=_("Why it is corrected"), max_length=400)


class ChartForm(forms.Form):
    """A patient to be listed; `stay` "" for the whole chart."""

    patient = forms.UUIDField()
    stay = forms.UUIDField(required=False)
    kept_closely = forms.BooleanField(required=False)

    @property
    def stay_uuid(self) -> UUID | None:
        """The stay that was chosen."""
        return self.cleaned_data["stay"]  # type: ignore[no-any-return]


class CodesForm(forms.Form):
    """Treatment codes, pasted or in a file; `listing`: they were looked at and are to be listed."""

    codes = forms.CharField(required=False, max_length=20_000)
    file = forms.FileField(required=False, max_length=200)
    listing = forms.BooleanField(required=False)

    def clean_file(self) -> Any:
        """Refuse what can't be a list of codes."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > LARGEST_LIST:
            raise forms.ValidationError(_("The file is larger than 2 MB."))
        return file
