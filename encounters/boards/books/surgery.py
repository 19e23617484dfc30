"""Sổ phẫu thuật, sổ thủ thuật: each act as it was recorded, with what its signed report (06/BV2) says beside."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from encounters.boards.books.answers import said, texts_of
from encounters.boards.books.persons import diagnoses_of, number_of, place_of, who
from encounters.boards.books.shape import Book, Column, Line, Rows, moment
from encounters.boards.periods import Span
from encounters.documents.models import Document
from encounters.visits.codes import DiagnosisRole, PerformerRole, ProcedureKind
from encounters.visits.models import Procedure, ProcedurePerformer

_REPORT = "06/BV2"


def _rows_of(kind: ProcedureKind) -> Callable[[int, Span], Rows]:
    def rows(facility_id: int, span: Span) -> Rows:
        start, end = span.bounds
        performers = ProcedurePerformer.objects.select_related("practitioner").order_by("pk")
        return (
            Procedure.objects.filter(
                facility_id=facility_id,
                kind=kind,
                status=Procedure.Status.COMPLETED,
                replaced_by=None,
                started_at__gte=start,
                started_at__lt=end,
            )
            .annotate(where=Coalesce("department", "encounter__department"))
            .select_related("encounter__patient__merged_into", "encounter__department", "department")
            .prefetch_related(Prefetch("performers", performers))
            .order_by("started_at", "pk")
        )

    return rows


def _reports(procedures: Sequence[Procedure]) -> dict[str, dict[str, list[str]]]:
    """{public id of a procedure: what its report says}; one query."""
    rows = (
        Document.objects.filter(
            encounter__in={row.encounter_id for row in procedures},
            code=_REPORT,
            current_version__isnull=False,
        )
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .order_by("pk")
        .values_list("current_version__response__resource", flat=True)
    )
    found = {}
    for content in rows:
        texts = texts_of(content)
        found[said(texts, "link.procedure")] = texts
    return found


def _people(procedure: Procedure, role: PerformerRole) -> str:
    performers: Any = procedure.performers.all()
    return ", ".join(one.practitioner.titled_name for one in performers if one.role == role)


def _lines(procedures: Sequence[Procedure]) -> list[Line]:
    reports = _reports(procedures)
    stays = [row.encounter for row in procedures]
    before, after = DiagnosisRole.PRE_OPERATIVE, DiagnosisRole.POST_OPERATIVE
    diagnoses = diagnoses_of(stays, before, after)
    found = []
    for row in procedures:
        stay, report = row.encounter, reports.get(str(row.uuid), {})
        cells = [
            moment(row.started_at),
            number_of(stay),
            *who(stay, row.started_at),
            place_of(row),
            said(report, "done.before.text") or diagnoses.get((stay.pk, before), ""),
            said(report, "done.after.text") or diagnoses.get((stay.pk, after), ""),
            f"{row.text} ({row.code})" if row.code else row.text,
            said(report, "done.class"),
            str(row.get_anaesthesia_display()),
            _people(row, PerformerRole.OPERATOR),
            _people(row, PerformerRole.ASSISTANT),
            _people(row, PerformerRole.ANAESTHETIST),
            moment(row.ended_at),
            said(report, "course.complication_text") or row.note,
        ]
        found.append(Line(stay, cells))
    return found


def _book(code: str, kind: ProcedureKind, title: StrOrPromise, about: StrOrPromise) -> Book:
    return Book(
        code=code,
        title=title,
        about=about,
        columns=(
            Column(_("Began"), 15),
            Column(_("Admission no."), 15),
            Column(_("Full name"), 26, is_name=True),
            Column(_("Age"), 9),
            Column(_("Sex"), 8),
            Column(_("Department"), 18),
            Column(_("Diagnosis before"), 24),
            Column(_("Diagnosis after"), 24),
            Column(_("Method"), 28),
            Column(_("Class of the operation"), 11),
            Column(_("Anaesthesia"), 15),
            Column(pgettext_lazy("book", "Operator"), 19),
            Column(_("Assistants"), 18),
            Column(_("Anaesthetist"), 18),
            Column(pgettext_lazy("book", "Ended"), 15),
            Column(_("Complications, notes"), 18),
        ),
        rows=_rows_of(kind),
        lines=_lines,
        place="where",
    )


SURGERY = _book(
    "surgery",
    ProcedureKind.SURGERY,
    _("Book of surgery"),
    _("Operations by the time when they began, with what the signed report says."),
)
PROCEDURES = _book(
    "procedures",
    ProcedureKind.PROCEDURE,
    _("Book of procedures"),
    _("Procedures by the time when they began, with what the signed report says."),
)
