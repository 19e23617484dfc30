"""Discharge: how it ended, how the patient left, the final diagnoses, and a death in the certificate's words."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encounters.visits import codes
from encounters.visits.details import Cause, DeathDetails, EndDetails
from encounters.visits.forms.arriving import EMPTY
from encounters.visits.forms.fields import EventForm

SECONDARY_ROWS = 4
_END = EndDetails.__annotations__.keys()


class DischargeForm(EventForm):
    """Items 17, 18 and 23 to 28 of 01/BV1; the parts for transfers and deaths count only where the choice asks for them."""

    outcome = forms.ChoiceField(
        label=_("Result of treatment"), choices=codes.Outcome.choices, widget=forms.RadioSelect
    )
    disposition = forms.ChoiceField(
        label=_("How the patient leaves"),
        choices=codes.Disposition.choices,
        initial=codes.Disposition.HOME,
        widget=forms.RadioSelect,
    )
    main = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)
    main_text = forms.CharField(label=_("Main disease"), max_length=500)
    pathology = forms.ChoiceField(
        label=_("Histopathology"), choices=[*EMPTY, *codes.Pathology.choices], required=False
    )
    transfer_direction = forms.ChoiceField(
        label=_("Transferred to"), choices=[*EMPTY, *codes.TransferDirection.choices], required=False
    )
    transfer_to_name = forms.CharField(label=_("Receiving hospital"), max_length=200, required=False)
    transfer_to_code = forms.CharField(label=_("Its facility code"), max_length=13, required=False)
    transfer_reason = forms.CharField(label=_("Reason for the transfer"), max_length=300, required=False)
    died_at = forms.DateTimeField(label=_("Time of death"), required=False)
    cause_kind = forms.ChoiceField(
        label=_("Died of"), choices=[*EMPTY, *codes.DeathCauseKind.choices], required=False
    )
    autopsy = forms.BooleanField(label=_("Autopsy"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, inpatient: bool, not_before: dt.datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.not_before = not_before
        if not inpatient:
            self.fields["main_text"].required = False
        for row in range(1, SECONDARY_ROWS + 1):
            self.fields[f"secondary_{row}"] = _code()
            self.fields[f"secondary_{row}_text"] = forms.CharField(
                label=_("Accompanying disease"), max_length=500, required=False
            )
        for line in codes.CauseLine.values:
            self.fields[f"cause_{line}"] = _code()
            self.fields[f"cause_{line}_text"] = forms.CharField(label=line, max_length=300, required=False)
            self.fields[f"interval_{line}"] = forms.IntegerField(
                label=_("Interval"), required=False, min_value=0, max_value=999
            )
            self.fields[f"unit_{line}"] = forms.ChoiceField(
                label=_("Unit"), choices=[*EMPTY, *codes.IntervalUnit.choices], required=False
            )

    @property
    def secondary(self) -> list[tuple[str, str]]:
        """(code, text) of the accompanying diseases that were filled in."""
        rows = [(f"secondary_{row}", f"secondary_{row}_text") for row in range(1, SECONDARY_ROWS + 1)]
        told = [(self.cleaned_data.get(code, ""), self.cleaned_data.get(text, "")) for code, text in rows]
        return [(code, text) for code, text in told if code or text]

    @property
    def ends(self) -> EndDetails:
        """What the service takes beside outcome and disposition."""
        return EndDetails(**{name: self.cleaned_data[name] for name in _END})  # type: ignore[typeddict-item, no-any-return]

    @property
    def death(self) -> DeathDetails | None:
        """The death, where the outcome is one and its time was given."""
        data = self.cleaned_data
        if data["outcome"] not in codes.DEATHS or data.get("died_at") is None:
            return None
        causes = tuple(
            Cause(
                line=line,
                code=data[f"cause_{line}"],
                text=data[f"cause_{line}_text"],
                interval=data.get(f"interval_{line}"),
                interval_unit=data[f"unit_{line}"],
            )
            for line in codes.CauseLine
            if data[f"cause_{line}"] or data[f"cause_{line}_text"]
        )
        return DeathDetails(
            died_at=data["died_at"], cause_kind=data["cause_kind"], autopsy=data["autopsy"], causes=causes
        )


def _code() -> forms.CharField:
    return forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)
