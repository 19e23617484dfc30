"""A facility whose tables of what may be ordered are the shipped ones."""

from emr.accounts.models import User
from emr.terminology.models import CodeSystem, Concept
from emr.terminology.text import search_text
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.orders.services import load_shipped
from encounters.visits.models import Encounter
from tests.emr.people import make_facility
from tests.encounters import chart
from tests.encounters.visits.ward import ago

MEDICINES = {
    "TH0017": ("Amoxicilin 500 mg (viên nang)", "Amoxicilin", "500 mg", "Kháng sinh"),
    "TH0001": ("Paracetamol 500 mg (viên nén)", "Paracetamol", "500 mg", "Giảm đau, hạ sốt"),
    "TH0035": ("Clarithromycin 500 mg (viên nén)", "Clarithromycin", "500 mg", "Kháng sinh"),
    "TH0081": ("Atorvastatin 20 mg (viên nén)", "Atorvastatin", "20 mg", "Hạ lipid máu"),
}


def know_medicines() -> None:
    """A few medicines in the catalogue."""
    system = CodeSystem.objects.create(code="medicine", url="urn:t:medicine", title="Thuốc")
    for code, (display, ingredient, strength, group) in MEDICINES.items():
        Concept.objects.create(
            system=system,
            code=code,
            display=display,
            search_text=search_text(code, display, ""),
            properties={
                "ingredient": ingredient,
                "strength": strength,
                "group": group,
                "unit_code": "vien",
                "route": "PO",
            },
        )


def make_world() -> tuple[User, Encounter]:
    """Tables, medicines and a stay of three days."""
    know_medicines()
    load_shipped("services", "sets", "windows", "prescription_limits", "rules", facility=make_facility())
    return chart.make_stay(at=ago(days=3), late_reason="Nhập lại")


def make_entry(stay: Encounter, by: User, days: float = 0) -> Document:
    """A draft entry that could be confirmed."""
    entry = chart.begin(stay, by, happened_at=ago(days=days), late_reason="Nhập lại" if days else "")
    documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=by)
    return entry


def confirm(entry: Document, by: User) -> None:
    """The doctor confirms."""
    documents.finalize_document(document=entry, revision=chart.draft_of(entry).revision, by=by)
