"""Sổ tử vong: deaths as they were told at discharge, with the chain of causes and when they were discussed (47/BV2)."""

from collections.abc import Sequence

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from encounters.boards.books.answers import said, texts_of
from encounters.boards.books.persons import diagnoses_of, number_of, particulars_of, who
from encounters.boards.books.shape import Book, Column, Line, Rows, moment
from encounters.boards.periods import Span
from encounters.documents.models import Document
from encounters.visits.codes import DiagnosisRole
from encounters.visits.models import CauseOfDeath, Death

_REVIEW = "47/BV2"


def _rows(facility_id: int, span: Span) -> Rows:
    start, end = span.bounds
    return (
        Death.objects.filter(facility_id=facility_id, voided_at=None, died_at__gte=start, died_at__lt=end)
        .select_related("encounter__patient__merged_into", "encounter__department")
        .prefetch_related(Prefetch("causes", CauseOfDeath.objects.order_by("line", "rank")))
        .order_by("died_at", "pk")
    )


def _reviews(deaths: Sequence[Death]) -> dict[int, str]:
    """{stay: when its death was discussed}; one query."""
    rows = (
        Document.objects.filter(
            encounter__in=[row.encounter_id for row in deaths], code=_REVIEW, current_version__isnull=False
        )
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .order_by("pk")
        .values_list("encounter", "happened_at", "current_version__response__resource")
    )
    return {stay: said(texts_of(content), "held.at") or moment(at) for stay, at, content in rows}


def _cause(cause: CauseOfDeath) -> str:
    return f"{cause.line}: {cause.text}" + (f" ({cause.code})" if cause.code else "")


def _lines(deaths: Sequence[Death]) -> list[Line]:
    stays = [row.encounter for row in deaths]
    known, reviews = particulars_of(stays), _reviews(deaths)
    admission, main = DiagnosisRole.ADMISSION, DiagnosisRole.DISCHARGE_MAIN
    told = DiagnosisRole.CAUSE_OF_DEATH
    diagnoses = diagnoses_of(stays, admission, main, told)
    timings = {"1": str(_("within 24 hours")), "2": str(_("after 24 hours"))}
    autopsies = {True: str(_("Autopsy: yes")), False: str(_("Autopsy: no")), None: ""}
    found = []
    for row in deaths:
        stay = row.encounter
        causes = "; ".join(_cause(cause) for cause in row.causes.all())
        cells = [
            moment(row.died_at),
            number_of(stay),
            *who(stay, row.died_at),
            known.occupation(stay),
            known.address(stay),
            moment(stay.begins_at),
            stay.department.name if stay.department else "",
            diagnoses.get((stay.pk, admission), "") or stay.reason,
            diagnoses.get((stay.pk, main), ""),
            causes or diagnoses.get((stay.pk, told), ""),
            timings[row.timing],
            str(row.get_cause_kind_display()),
            autopsies[row.autopsy],
            reviews.get(stay.pk, ""),
        ]
        found.append(Line(stay, cells))
    return found


DEATHS = Book(
    code="deaths",
    title=_("Book of deaths"),
    about=_("Deaths by their time, with the chain of causes and when they were discussed (47/BV2)."),
    columns=(
        Column(_("Death"), 15),
        Column(_("Admission no."), 15),
        Column(_("Full name"), 26, is_name=True),
        Column(_("Age"), 9),
        Column(_("Sex"), 8),
        Column(_("Occupation"), 15),
        Column(_("Address"), 28),
        Column(pgettext_lazy("book", "Admission"), 15),
        Column(_("Department"), 18),
        Column(_("Diagnosis on admission"), 23),
        Column(_("Diagnosis at discharge"), 23),
        Column(_("Causes of death"), 32),
        Column(pgettext_lazy("book", "When"), 13),
        Column(_("Died of"), 14),
        Column(_("Autopsy"), 12),
        Column(_("Discussed"), 15),
    ),
    rows=_rows,
    lines=_lines,
    place="encounter__department",
)
