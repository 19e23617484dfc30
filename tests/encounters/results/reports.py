"""Short ways to say what a laboratory sends: one test, one blood count, one chest film."""

import datetime as dt
from decimal import Decimal
from typing import Any

from emr.accounts.models import User
from encounters.documents import services as documents
from encounters.orders.models import ServiceRequest
from encounters.orders.services import add_service
from encounters.results.facts import AttachmentFacts, ReportFacts, ValueFacts
from encounters.results.services import Filed, file_report
from encounters.visits.models import Encounter
from tests.emr.people import make_facility
from tests.encounters import chart
from tests.encounters.visits.ward import ago

POTASSIUM = "2823-3"
# One instant for the whole run: the same facts told twice are the same.
ISSUED_AT = ago(minutes=30)
FILE = AttachmentFacts(title="Phiếu kết quả", content_type="application/pdf", data=b"%PDF-1.7")


def value(number: str | None = "4.1", **told: Any) -> ValueFacts:
    """Potassium, normal."""
    usual: dict[str, Any] = {
        "title": "Kali",
        "loinc": POTASSIUM,
        "unit": "mmol/L",
        "ucum": "mmol/L",
        "low": Decimal("3.5"),
        "high": Decimal("5.0"),
        "reference": "3,5 – 5,0",
    }
    return ValueFacts(**usual | {"number": Decimal(number) if number else None} | told)


def facts(*values: ValueFacts, number: str = "L1", version: str = "1", **told: Any) -> ReportFacts:
    """A final report of an hour ago."""
    usual: dict[str, Any] = {
        "status": "final",
        "category": "laboratory",
        "title": "Điện giải đồ",
        "code": "XN0029",
        "issued_at": ISSUED_AT,
        "collected_at": ISSUED_AT - dt.timedelta(minutes=30),
    }
    return ReportFacts(filler_number=number, version_key=version, values=values, **usual | told)


def file(stay: Encounter, report: ReportFacts, **told: Any) -> Filed:
    """As the laboratory's channel does."""
    usual: dict[str, Any] = {
        "facility": make_facility(),
        "patient": stay.patient,
        "encounter": stay,
        "request": None,
        "source": "lis:demo",
        "author": None,
    }
    return file_report(report=report, **usual | told)


def order(stay: Encounter, by: User, code: str = "XN0029", **told: Any) -> ServiceRequest:
    """A test that is in effect."""
    entry = chart.begin(stay, by)
    documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=by)
    usual = {"category": "laboratory", "code": code, "text": "Điện giải đồ"}
    request = add_service(entry=entry, by=by, **usual | told)
    documents.finalize_document(document=entry, revision=chart.draft_of(entry).revision, by=by)
    request.refresh_from_db()
    return request


def later(minutes: int) -> dt.datetime:
    """An instant after `facts` were issued."""
    return ISSUED_AT + dt.timedelta(minutes=minutes)
