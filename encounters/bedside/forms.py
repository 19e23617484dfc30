"""What a nurse's device sends."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.bedside.care_form import GROUPS, LONGEST, CareField, fields, joined, split
from encounters.bedside.models import CareColumn, Execution, Wound, WoundAssessment
from encounters.bedside.pictures import MOST, Picture, clean_picture


class InstantField(forms.CharField):
    """An instant as programs write it (ISO 8601 with its zone)."""

    def clean(self, value: Any) -> Any:
        """An aware datetime, or None for an empty field that may be."""
        text = super().clean(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment) or not 2000 <= moment.year <= 2100:
            raise forms.ValidationError(_("This isn't a time."))
        return moment.astimezone(dt.UTC)


class KeyField(forms.UUIDField):
    """The key of one act, made on the device; where none was made it is made here, so that no row is without. What isn't a
    key is refused: sending again would have its effect again.
    """

    widget = forms.HiddenInput

    def __init__(self, **told: Any) -> None:
        super().__init__(**told | {"required": False, "initial": uuid.uuid4})

    def clean(self, value: Any) -> uuid.UUID:
        """The key that was sent, or a new one."""
        found: uuid.UUID | None = super().clean(value)
        return found or uuid.uuid4()


class PrecautionForm(forms.Form):
    """Isolation or a risk."""

    key = KeyField()
    kind = forms.CharField(max_length=8, required=False)
    note = forms.CharField(max_length=200, required=False)

    def clean_note(self) -> str:
        """The words without what can't be seen."""
        return tidy(self.cleaned_data["note"])


class TickForm(forms.Form):
    """One time of an order, ticked: `key` and `happened_at` were made on the device."""

    slot_at = InstantField(max_length=40)
    outcome = forms.ChoiceField(
        choices=[(o, o) for o in (Execution.Outcome.DONE, Execution.Outcome.NOT_DONE)]
    )
    key = KeyField()
    happened_at = InstantField(max_length=40, required=False)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", ""), *Execution.Reason.choices], required=False
    )
    note = forms.CharField(label=_("In words"), max_length=300, required=False)


class TakeBackForm(forms.Form):
    """Why a check mark is taken back."""

    key = KeyField()
    note = forms.CharField(label=_("What was wrong"), max_length=300, required=False)


class HandoverForm(forms.Form):
    """What the rows of the shift can't say."""

    key = KeyField()
    situation = forms.CharField(
        label=_("How the patient is"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    to_do = forms.CharField(
        label=_("What the next shift must see to"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OutageForm(forms.Form):
    """From when to when the system was away."""

    began_at = forms.DateTimeField(label=_("From"))
    ended_at = forms.DateTimeField(label=_("Until"))
    reason = forms.CharField(label=_("What happened"), max_length=200)


class BackEntryForm(forms.Form):
    """One task from paper: the order's time, and when it was done by the paper."""

    order = forms.UUIDField()
    slot_at = InstantField(max_length=40)
    key = KeyField()
    happened_at = forms.DateTimeField(label=_("Done at"))
    outcome = TickForm.base_fields["outcome"]
    reason = TickForm.base_fields["reason"]
    note = TickForm.base_fields["note"]


@dataclass(frozen=True, slots=True)
class CareInput:
    """One line of a care column as it is typed: its words, the usual ones that are ticked, whether it began as a copy."""

    field: CareField
    value: str
    chosen: list[str]
    is_copied: bool
    error: str


class CareForm(forms.Form):
    """A column of a care sheet; what the column before said is there already where it is carried on."""

    key = KeyField()
    copied_from = forms.UUIDField(widget=forms.HiddenInput, required=False)
    level = forms.ChoiceField(label=_("Level of care"), choices=[("", "…"), *CareColumn.Level.choices])
    happened_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)
    reason = forms.CharField(label=_("What was wrong"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        said: Mapping[str, str] | None = None,
        copied: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        """`said`: what stands in the fields at first; `copied`: the codes of those that are the column before's."""
        super().__init__(*args, **kwargs)
        self.said, self.copied = dict(said or {}), set(copied)
        for code, field in fields().items():
            words = self.said.get(code, "")
            if field.kind == "many":
                chosen, words = split(field, words)
                self.fields[f"{code}_usual"] = forms.MultipleChoiceField(
                    choices=[(option, option) for option in field.options], required=False, initial=chosen
                )
            self.fields[code] = forms.CharField(
                label=field.title, max_length=LONGEST, required=False, initial=words
            )

    def items(self) -> dict[str, str]:
        """{field: words} as they were sent."""
        found = {}
        for code, field in fields().items():
            words = str(self.cleaned_data.get(code, ""))
            if field.kind == "many":
                words = joined(self.cleaned_data.get(f"{code}_usual", []), words)
            found[code] = words
        return found

    def groups(self) -> Iterator[tuple[str, list[CareInput], list[CareInput]]]:
        """(heading, lines that the level shows always, the others) in the sheet's order."""
        level = str(self["level"].value() or "")
        for group, title in GROUPS.items():
            lines = [self._line(field) for field in fields().values() if field.group == group]
            shown = [line for line in lines if line.field.is_shown(level) or line.value or line.error]
            yield title, shown, [line for line in lines if line not in shown]

    def _line(self, field: CareField) -> CareInput:
        value = str(self[field.code].value() or "")
        usual = f"{field.code}_usual"
        chosen = list(self[usual].value() or []) if usual in self.fields else []
        errors = " ".join(str(error) for error in self[field.code].errors)
        return CareInput(
            field, value, chosen, field.code in self.copied and value == self.said.get(field.code), errors
        )


class WoundForm(forms.Form):
    """What kind of wound it is and where."""

    key = KeyField()
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "…"), *Wound.Kind.choices])
    site = forms.ChoiceField(label=_("Body site"), choices=[("", "…"), *Wound.Site.choices])
    side = forms.ChoiceField(label=_("Side"), choices=Wound.Side.choices, required=False)
    place = forms.CharField(label=_("Where exactly"), max_length=120, required=False)
    began_on = forms.DateField(label=pgettext_lazy("wound", "Since"), required=False)


def _millimetres(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=200,
        decimal_places=1,
        localize=True,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class AssessmentForm(forms.Form):
    """How a wound looks at one time; lengths are typed in centimetres."""

    key = KeyField()
    state = forms.ChoiceField(
        label=pgettext_lazy("wound", "Course"),
        choices=[choice for choice in WoundAssessment.State.choices if choice[0] != "entered-in-error"],
    )
    stage = forms.ChoiceField(
        label=pgettext_lazy("wound", "Stage"), choices=WoundAssessment.Stage.choices, required=False
    )
    length = _millimetres(_("Length (cm)"))
    width = _millimetres(_("Width (cm)"))
    depth = _millimetres(_("Depth (cm)"))
    exudate = forms.ChoiceField(
        label=_("Exudate"), choices=[("", "…"), *WoundAssessment.Exudate.choices], required=False
    )
    pain = forms.TypedChoiceField(
        label=_("Pain (0–10)"),
        coerce=int,
        empty_value=None,
        choices=[("", "…"), *((str(n), str(n)) for n in range(11))],
        required=False,
    )
    tissue = forms.CharField(label=_("Bed, edges, skin around"), max_length=200, required=False)
    treatment = forms.CharField(label=_("Dressing, what was done"), max_length=500, required=False)
    note = forms.CharField(label=_("Remark"), max_length=300, required=False)
    happened_at = forms.DateTimeField(label=_("Time"), required=False)
    late_reason = forms.CharField(label=_("Reason for the late entry"), max_length=200, required=False)

    def told(self) -> dict[str, Any]:
        """What `services.assess_wound` takes; lengths in millimetres."""
        told = dict(self.cleaned_data)
        for name in ("length", "width", "depth"):
            value = told.pop(name)
            told[f"{name}_mm"] = None if value is None else int(value * 10)
        return told


def pictures_in(request: StaffRequest) -> list[Picture]:
    """The photographs that were sent, made anew. Raises DomainError for what is none, is too large, or too many."""
    sent = request.FILES.getlist("photos")
    if len(sent) > MOST:
        raise DomainError(
            gettext("At most %(n)d photographs at a time.") % {"n": MOST}, code="too_many", field="photos"
        )
    return [clean_picture(file.read()) for file in sent]


def said(form: forms.Form) -> str:
    """The form's errors on one line."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
