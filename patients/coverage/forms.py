"""The shape of a coverage."""

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.coverage.models import Coverage


class CoverageForm(forms.Form):
    """Who pays, and what the card says."""

    payer = forms.ChoiceField(label=_("Payer"), choices=Coverage.Payer.choices)
    card_number = forms.CharField(
        label=_("Card number"),
        max_length=20,
        required=False,
        help_text=_("15 characters, or 10 or 12 digits."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    benefit_level = forms.ChoiceField(
        label=_("Benefit level"),
        choices=[("", "—"), *[(str(n), str(n)) for n in range(1, 6)]],
        required=False,
        help_text=_("Of a 15-character card it is read from the number."),
    )
    valid_from = forms.DateField(label=_("Valid from"), required=False)
    valid_until = forms.DateField(label=_("Valid until"), required=False)
    registered_facility = forms.CharField(label=_("Facility of registration"), max_length=5, required=False)
    five_years_on = forms.DateField(label=_("Five years on"), required=False)
    living_area = forms.ChoiceField(
        label=_("Living area"), choices=[("", "—"), ("K1", "K1"), ("K2", "K2"), ("K3", "K3")], required=False
    )
    copayment_exempt_from = forms.DateField(label=_("Exempt from co-payment from"), required=False)
    address_text = forms.CharField(label=_("Address on the card"), max_length=400, required=False)
