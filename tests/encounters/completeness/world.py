"""A stay whose record can be looked through: short ways to what a rule asks for."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from emr.accounts.models import User
from emr.common.clock import now
from encounters.completeness.selectors import Gap, gaps_of
from encounters.documents import services as documents
from encounters.documents.models import Document, DocumentBytes
from encounters.visits.models import Encounter, Procedure
from tests.emr.people import make_user
from tests.encounters import chart
from tests.encounters.documents.entries import multiply, write
from tests.encounters.visits.ward import ago, department
from tests.signatures.support import base_pdf


def make_record(days: int = 3, **told: Any) -> tuple[User, Encounter]:
    """(An who attends, bà Đào's stay of 01/BV1 that began so many days ago at this hour)."""
    an, stay = chart.make_stay(
        **{"at": ago(days=days), "late_reason": "Nhập lại", "record_type": "01/BV1"} | told
    )
    return an, stay


def make_head() -> User:
    """Hùng, head of internal medicine."""
    return make_user("hung", "Đỗ Mạnh Hùng", "head_of_department", department(), title="BSCKII.")


def make_planner() -> User:
    """Lan of the planning office."""
    return make_user("lan", "Vũ Thị Lan", "planning", department(), title="ThS.")


def gaps(stay: Encounter, rule: str) -> list[Gap]:
    """What one rule finds wanting in the stay as it is now."""
    stay = Encounter.objects.select_related("department", "patient").get(pk=stay.pk)
    return [gap for gap in gaps_of(stay) if gap.rule == rule]


def words(stay: Encounter, rule: str) -> list[str]:
    return [gap.words for gap in gaps(stay, rule)]


def sign(*papers: Document) -> None:
    """A revision with somebody's signature behind each document's current version; its bytes matter to nobody here."""
    for paper in papers:
        paper.refresh_from_db()
        version = paper.current_version
        assert version is not None
        if not version.bytes.exists():
            documents.store_rendering(version=version, pdf=base_pdf(paper.code))
        first = version.bytes.get(revision=0)
        DocumentBytes.objects.create(
            version=version, revision=1, attachment=first.attachment, sha256=first.sha256
        )


def entry(stay: Encounter, by: User, *, days_ago: float = 0, **told: Any) -> Document:
    """A finished treatment-sheet entry."""
    at = ago(days=days_ago) if days_ago else now()
    late = {"happened_at": at, "late_reason": "Mất mạng"} if days_ago else {}
    return write(stay, by, "Tỉnh, không sốt.", **late | told)


def papers(pattern: Document, code: str, moments: Iterable[dt.datetime]) -> list[Document]:
    """Finished documents of another form at these times, without going through its fields."""
    wanted = list(moments)
    made = multiply(pattern, len(wanted), code=code)
    for document, at in zip(made, wanted, strict=True):
        document.happened_at = at
        document.save(update_fields=["happened_at"])
    return made


def operate(
    stay: Encounter, at: dt.datetime, text: str = "Cắt ruột thừa", kind: str = "surgery"
) -> Procedure:
    """An operation that was done."""
    return Procedure.objects.create(
        facility=stay.facility, encounter=stay, patient=stay.patient, department=stay.department,
        kind=kind, text=text, started_at=at, ended_at=at + dt.timedelta(hours=1),
    )  # fmt: skip
