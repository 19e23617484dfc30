"""Sổ vào viện – ra viện – chuyển viện."""

from collections.abc import Sequence

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from encounters.boards.books.persons import (
    OF_STAY,
    cards_of,
    diagnoses_of,
    number_of,
    particulars_of,
    who,
)
from encounters.boards.books.shape import Book, Column, Line, Rows, moment
from encounters.boards.periods import Span
from encounters.visits.codes import DEATHS, TRANSFERS, DiagnosisRole, EncounterClass, EncounterStatus
from encounters.visits.models import AdmissionEntry, Encounter


def _rows(facility_id: int, span: Span) -> Rows:
    start, end = span.bounds
    return (
        Encounter.objects.filter(
            facility_id=facility_id,
            encounter_class=EncounterClass.INPATIENT,
            status__in=[EncounterStatus.IN_PROGRESS, EncounterStatus.FINISHED],
            admitted_at__gte=start,
            admitted_at__lt=end,
        )
        .select_related(*OF_STAY)
        .order_by("admitted_at", "pk")
    )


def _lines(stays: Sequence[Encounter]) -> list[Line]:
    known, cards = particulars_of(stays), cards_of(stays)
    main = DiagnosisRole.DISCHARGE_MAIN
    diagnoses = diagnoses_of(stays, DiagnosisRole.REFERRAL, DiagnosisRole.ADMISSION, main)
    return [
        Line(
            stay,
            [
                number_of(stay),
                *who(stay, stay.begins_at),
                known.occupation(stay),
                known.address(stay),
                cards[stay.pk],
                stay.referrer_name or str(stay.get_referral_source_display()),
                moment(stay.admitted_at),
                stay.department.name if stay.department else "",
                diagnoses.get((stay.pk, DiagnosisRole.REFERRAL), ""),
                diagnoses.get((stay.pk, DiagnosisRole.ADMISSION), "") or stay.reason,
                diagnoses.get((stay.pk, main), ""),
                moment(stay.ended_at),
                _way_out(stay),
                str(stay.get_outcome_display()),
                str(stay.treatment_days or ""),
            ],
        )
        for stay in stays
    ]


def _remarks(facility_id: int, span: Span, departments: frozenset[int] | None) -> list[str]:
    """Numbers that were given and taken back: the register has no gap that nobody explains."""
    start, end = span.bounds
    entries = AdmissionEntry.objects.filter(
        facility_id=facility_id,
        year__in=range(span.first.year, span.last.year + 1),
        cancelled_at__isnull=False,
        place__starts_at__gte=start,
        place__starts_at__lt=end,
    )
    if departments is not None:
        entries = entries.filter(place__department__in=departments)
    numbers = list(entries.order_by("year", "sequence").values_list("number", flat=True))
    if not numbers:
        return []
    return [gettext("Admission numbers that were given and taken back: %s") % ", ".join(numbers)]


def _way_out(stay: Encounter) -> str:
    if stay.outcome in DEATHS:
        return ""
    if stay.disposition in TRANSFERS:
        return f"{stay.get_disposition_display()}: {stay.transfer_to_name}"
    return str(stay.get_disposition_display())


ADMISSIONS = Book(
    code="admissions",
    title=_("Book of admissions, discharges and transfers"),
    about=_("Inpatients by the time of admission, with how they left."),
    columns=(
        Column(_("Admission no."), 15),
        Column(_("Full name"), 24, is_name=True),
        Column(_("Age"), 9),
        Column(_("Sex"), 8),
        Column(_("Occupation"), 14),
        Column(_("Address"), 26),
        Column(_("Insurance card"), 18),
        Column(_("Referred by"), 15),
        Column(pgettext_lazy("book", "Admission"), 15),
        Column(_("Department"), 16),
        Column(_("Diagnosis of the referring facility"), 20),
        Column(_("Diagnosis on admission"), 20),
        Column(_("Diagnosis at discharge"), 20),
        Column(_("Discharge"), 15),
        Column(_("How they left"), 15),
        Column(_("Result"), 13),
        Column(_("Days of treatment"), 8),
    ),
    rows=_rows,
    lines=_lines,
    remarks=_remarks,
    stay="",
)
