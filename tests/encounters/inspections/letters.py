"""The planning office and its letter: Tùng prepares, Hà approves, Lan of the social insurance reads."""

import datetime as dt
from typing import Any

from django.test import Client

from emr.accounts.models import Organization, User
from emr.common.clock import local_today, now
from emr.storage.services import store_bytes
from encounters.documents.models import Document, DocumentBytes
from encounters.inspections import services
from encounters.inspections.models import Mandate
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tests.emr.people import make_department, make_facility, make_user
from tests.signatures import support
from tests.signatures.records import make_version


def office() -> Organization:
    """Where nobody is treated."""
    return make_department(make_facility(), "P01", "Phòng Kế hoạch tổng hợp")


def _known(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def make_tung() -> User:
    """Tùng of the planning office, who prepares."""
    return _known("tung") or make_user("tung", "Phan Thanh Tùng", "planning", office())


def make_ha() -> User:
    """Hà, the director, who approves."""
    return _known("ha") or make_user("ha", "Đỗ Thu Hà", "director", office())


def make_lan(username: str = "lan", full_name: str = "Vũ Thị Lan") -> User:
    """Lan, an auditor from outside, with the inspector's role alone."""
    return _known(username) or make_user(username, full_name, "inspector", office())


def make_luu() -> User:
    """Lưu of the records."""
    return _known("luu") or make_user("luu", "Mai Văn Lưu", "records", office())


def prepared(**told: Any) -> Mandate:
    """A letter of the social insurance, for tomorrow's minute from now on, that lists nothing yet."""
    today = local_today()
    readers = told.pop("readers", None)
    known: dict[str, Any] = {
        "facility": make_facility(),
        "body": "social-insurance",
        "organisation": "Bảo hiểm xã hội tỉnh Hà Giang",
        "letter_number": "118/BHXH-GĐ",
        "letter_on": today,
        "received_on": today,
        "purpose": "Giám định chi phí",
        "starts_at": now() - dt.timedelta(minutes=1),
        "ends_at": now() + dt.timedelta(days=2),
        "by": told.get("by") or make_tung(),
        "readers": [make_lan()] if readers is None else readers,
    }
    return services.prepare_mandate(**(known | told))


def listing(*charts: Patient | Encounter, by: User | None = None, **told: Any) -> Mandate:
    """The same with charts, or single stays, on its list."""
    by = by or make_tung()
    mandate = prepared(by=by, **told)
    for chart in charts:
        stay = chart if isinstance(chart, Encounter) else None
        patient = chart.patient if isinstance(chart, Encounter) else chart
        services.list_chart(mandate=mandate, patient=patient, encounter=stay, kept_closely=True, by=by)
    return mandate


def in_force(*charts: Patient | Encounter, **told: Any) -> Mandate:
    """The same, approved by Hà."""
    return services.approve_mandate(mandate=listing(*charts, **told), by=make_ha())


def anew(user: User) -> User:
    """The person as the next request reads them: rights are kept for one request alone."""
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    """A browser in which the person has signed in."""
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.StaffBackend")
    return client


def signed_document(author: User, *, text: str = "Mạch 80 lần/phút.") -> Document:
    """A stay's document with a signature in its PDF, as the rooms above leave it."""
    version = make_version(author, text=text)
    pdf = support.sign(support.base_pdf(text))
    kept = store_bytes(pdf, content_type="application/pdf", facility=author.facility)
    DocumentBytes.objects.create(version=version, revision=1, attachment=kept, sha256=kept.sha256)
    return version.document
