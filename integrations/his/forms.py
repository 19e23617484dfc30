"""Shape of what is set for the HIS."""

from typing import Any

from django import forms

from emr.common import masters
from integrations.his.models import Master
from integrations.his.selectors import masters_of

Keeper, Matter = Master.Keeper, Master.Matter


def _name(matter: str) -> str:
    return matter.replace(":", "_")


class MastersForm(forms.Form):
    """One choice for each matter; orders have one master, so "both" isn't among theirs."""

    def __init__(self, data: Any = None, *, facility_id: int) -> None:
        super().__init__(data)
        present = masters_of(facility_id)
        for matter, label in Matter.choices:
            is_order = matter.startswith(masters.ORDER)
            keepers = [choice for choice in Keeper.choices if not (is_order and choice[0] == Keeper.BOTH)]
            self.fields[_name(matter)] = forms.ChoiceField(
                label=label, choices=keepers, initial=str(present[matter])
            )

    @property
    def of_fields(self) -> list[forms.BoundField]:
        """The groups of fields."""
        return [self[_name(matter)] for matter in Matter.values if not matter.startswith(masters.ORDER)]

    @property
    def of_orders(self) -> list[forms.BoundField]:
        """The kinds of orders."""
        return [self[_name(matter)] for matter in Matter.values if matter.startswith(masters.ORDER)]

    def chosen(self) -> dict[str, str]:
        """{matter: keeper}."""
        return {matter: self.cleaned_data[_name(matter)] for matter in Matter.values}
