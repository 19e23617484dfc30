"""Sổ biên bản hội chẩn, from the confirmed extracts of minutes (27/BV2)."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from encounters.boards.books.answers import said, texts_of
from encounters.boards.books.persons import number_of, place_of, who
from encounters.boards.books.shape import Book, Column, Line, Rows, moment
from encounters.boards.periods import Span
from encounters.documents.models import CONSULTATION, Document
from encounters.documents.signed import signatures_of


def _rows(facility_id: int, span: Span) -> Rows:
    start, end = span.bounds
    return (
        Document.objects.filter(
            facility_id=facility_id,
            code=CONSULTATION,
            current_version__isnull=False,
            happened_at__gte=start,
            happened_at__lt=end,
        )
        .exclude(status=Document.Status.ENTERED_IN_ERROR)
        .select_related(
            "encounter__patient__merged_into",
            "encounter__department",
            "department",
            "current_version__response",
        )
        .order_by("happened_at", "pk")
    )


def _lines(documents: Sequence[Document]) -> list[Line]:
    signatures = signatures_of([row.current_version_id for row in documents if row.current_version_id])
    found = []
    for row in documents:
        version, stay = row.current_version, row.encounter
        texts = texts_of(version.response.resource) if version else {}
        signed = signatures.get(row.current_version_id or 0, [])
        cells = [
            said(texts, "held.at") or moment(row.happened_at),
            number_of(stay),
            *who(stay, row.happened_at),
            place_of(row),
            said(texts, "stay.diagnosis.text"),
            said(texts, "held.kind"),
            said(texts, "held.chair"),
            said(texts, "held.secretary"),
            said(texts, "members.name"),
            said(texts, "summary.reason", "summary.course"),
            said(texts, "result.conclusion"),
            said(texts, "result.plan", "result.care"),
            ", ".join(one.name for one in signed) or str(_("not signed yet")),
        ]
        found.append(Line(stay, cells, reverse("encounters:documents:document", args=[row.uuid])))
    return found


CONSULTATIONS = Book(
    code="consultations",
    title=_("Book of consultations"),
    about=_("Minutes of consultations that were confirmed (27/BV2), with who signed them."),
    columns=(
        Column(_("Consultation"), 15),
        Column(_("Admission no."), 15),
        Column(_("Full name"), 25, is_name=True),
        Column(_("Age"), 9),
        Column(_("Sex"), 8),
        Column(_("Department"), 17),
        Column(_("Diagnosis"), 22),
        Column(_("Kind"), 14),
        Column(_("Chair"), 18),
        Column(_("Secretary"), 18),
        Column(_("Members"), 24),
        Column(_("Reason and course"), 28),
        Column(_("Conclusion"), 25),
        Column(_("Plan"), 25),
        Column(_("Signed by"), 18),
    ),
    rows=_rows,
    lines=_lines,
)
