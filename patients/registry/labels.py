"""What the columns of a patient are called on pages."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from patients.registry.models import Patient

LABELS = {
    "full_name": _("Full name"),
    "birth_date": _("Birth date"),
    "birth_month": _("Month of birth"),
    "birth_year": _("Year of birth"),
    "birth_order": _("Order of birth"),
    "sex": _("Sex"),
    "nationality": _("Nationality"),
    "ethnic_group": _("Ethnic group"),
    "occupation": _("Occupation"),
    "workplace": _("Workplace"),
    "address_line": _("House, street, hamlet"),
    "commune": _("Commune"),
    "province": _("Province"),
    "address_text": _("Address as on the card"),
    "phone": _("Phone"),
    "other_phone": _("Other phone"),
    "mother": _("Mother"),
    "mother_id": _("Mother"),
    "deceased_at": _("Died at"),
    "is_temporary": _("Unknown person"),
    "description": _("Description"),
}


def label(column: str) -> str:
    """The column's name for the user."""
    return str(LABELS.get(column, column))


def shown(column: str, value: Any) -> str:
    """A value as a page shows it; codes of catalogues stay codes."""
    if value is None or value == "":
        return "–"
    if column == "sex":
        return str(dict(Patient.Sex.choices).get(value, value))
    if column == "birth_date":
        year, month, day = str(value)[:10].split("-")
        return f"{day}/{month}/{year}"
    if isinstance(value, bool):
        return "✓" if value else "–"
    return str(value)
