"""Shape of a step, an addition, a lending, a folder."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from emr.accounts.models import User
from encounters.records import retention
from encounters.records.models import Loan
from encounters.records.steps import STEPS


class StepForm(forms.Form):
    """Which step, and what it asks for."""

    verb = forms.ChoiceField(choices=[(verb, step.title) for verb, step in STEPS.items()])
    key = forms.UUIDField(required=False)
    reason = forms.CharField(required=False, max_length=400)
    faults = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, faults: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["faults"]
        field.choices = list(faults.items())


class AddendumForm(forms.Form):
    """What is added late to a closed record."""

    code = forms.CharField(max_length=20)
    reason = forms.CharField(max_length=200)


class FolderForm(forms.Form):
    """The paper beside the record."""

    is_hybrid = forms.BooleanField(label=_("Part of this record is paper"), required=False)
    barcode = forms.CharField(label=_("Barcode of the folder"), max_length=40, required=False)
    shelf = forms.CharField(label=_("Shelf"), max_length=60, required=False)


class ClassesForm(forms.Form):
    """Classes of keeping that a person adds."""

    classes = forms.MultipleChoiceField(
        label=_("Also kept as"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["classes"]
        field.choices = [(kind.code, kind.words) for kind in retention.by_hand()]


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class PublicIdsField(forms.TypedMultipleChoiceField):
    """Public ids that were ticked; which of them may be, the service says."""

    def __init__(self) -> None:
        super().__init__(coerce=UUID, required=False)

    def valid_value(self, value: Any) -> bool:
        """Whether it is a public id at all."""
        try:
            UUID(str(value))
        except ValueError:
            return False
        return True


class DisposalForm(forms.Form):
    """Which records, by whose decision, before which board."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    encounters = PublicIdsField()
    decision_number = forms.CharField(label=_("Decision of the head, no."), max_length=60)
    decided_on = forms.DateField(label=_("Of the day"))
    members = forms.CharField(label=_("Board of disposal"), max_length=400)


class BorrowerField(forms.ModelChoiceField[User]):
    """Somebody of the house, by name and account."""

    def label_from_instance(self, obj: Any) -> str:
        """Name and account."""
        return f"{obj.titled_name} ({obj.username})"


class LoanForm(forms.Form):
    """Who gets the record, what for, until when."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What is lent"), choices=Loan.Kind.choices)
    borrower = BorrowerField(
        label=_("Borrower in the house"), queryset=User.objects.none(), required=False, to_field_name="uuid"
    )
    outsider = forms.CharField(
        label=_("Borrower from outside (folder alone)"), max_length=200, required=False
    )
    paper_number = forms.CharField(label=_("Number of the request"), max_length=60, required=False)
    purpose = forms.CharField(label=_("Purpose"), max_length=300)
    ends_at = forms.DateTimeField(label=_("Until"))
    is_kept_closely = forms.BooleanField(
        label=_("The chart is kept closely: this very person is to read it"), required=False
    )

    def __init__(self, *args: Any, facility_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["borrower"]
        field.queryset = User.objects.filter(facility_id=facility_id, is_active=True).order_by("sort_key")
