"""Patients as the log knows them: by number alone."""

from collections.abc import Iterable

from django.db.models import Q

from patients.registry import systems
from patients.registry.models import Identifier, Patient
from patients.registry.terms import parse_terms


def patients_with_number(facility_id: int, number: str) -> list[int]:
    """Every row of the person who has exactly this number, merged rows included; ended numbers count too."""
    wanted = Q(value=number)
    if number.isdigit() and len(number) < systems.MRN_DIGITS:
        wanted |= Q(value=number.zfill(systems.MRN_DIGITS))
    holders = Identifier.objects.filter(wanted, facility_id=facility_id).select_related("patient")
    roots = [identifier.patient.root_id for identifier in holders]
    rows = Patient.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots), facility_id=facility_id)
    return list(rows.values_list("pk", flat=True))


def own_numbers(ids: Iterable[int]) -> dict[int, str]:
    """The hospital's own numbers of these patients."""
    own = Identifier.objects.filter(
        patient__in=list(ids), is_own=True, is_active=True, system__startswith=systems.MRN_PREFIX
    )
    return dict(own.values_list("patient_id", "value"))


def patient_named(facility_id: int, text: str) -> list[int]:
    """Every row of the one patient with exactly this name and day (or year) of birth; none where several fit."""
    terms = parse_terms(text)
    if not terms.words or terms.number or not (terms.birth_date or terms.birth_year):
        return []
    fit = Patient.objects.filter(facility_id=facility_id, search_name=" ".join(terms.words))
    if terms.birth_date is not None:
        fit = fit.filter(birth_date=terms.birth_date)
    if terms.birth_year is not None:
        fit = fit.filter(birth_year=terms.birth_year)
    roots = {patient.root_id for patient in fit.only("pk", "merged_into")[:20]}
    if len(roots) != 1:
        return []
    rows = Patient.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots), facility_id=facility_id)
    return list(rows.values_list("pk", flat=True))
