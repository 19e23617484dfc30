"""Where the facility wants it, a missing licence stops documents, orders and signatures (R-69)."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from emr.accounts.models import FacilitySetting, User
from emr.common.errors import DomainError
from emr.staff import services as staff
from emr.staff.models import PractisingLicence
from encounters.documents import services as documents
from encounters.documents.models import Document
from encounters.orders import services as orders
from encounters.orders.models import ServiceRequest
from signatures.providers.base import Pin
from signatures.signing import services as signing
from tests.encounters import chart
from tests.signatures.records import PIN, make_ready, make_signer

pytestmark = pytest.mark.django_db


def _strict(an: User) -> None:
    FacilitySetting.objects.update_or_create(
        facility=an.facility, name="practice_check", defaults={"value": "licence"}
    )


def _licence(an: User, profession: str) -> PractisingLicence:
    return staff.record_licence(
        user=an, number="1/GPHN", profession=profession, valid_from=dt.date(2024, 1, 1), by=None
    )


def _refused(act: Any) -> None:
    with pytest.raises(DomainError) as refusal, transaction.atomic():
        act()
    assert refusal.value.code == "may_not_practise"


def test_nothing_is_confirmed_or_ordered_without_the_licence_for_it() -> None:
    an, stay = chart.make_stay()
    entry = chart.begin(stay, an)
    documents.save_draft(document=entry, fields=chart.written(entry), revision=1, by=an)
    orders.add_service(entry=entry, by=an, category="laboratory", text="Công thức máu")
    _strict(an)
    _refused(lambda: documents.finalize_document(document=entry, revision=2, by=an))
    _licence(an, "nurse")  # a licence, but none for orders: the whole confirmation is undone
    _refused(lambda: documents.finalize_document(document=entry, revision=2, by=an))
    assert Document.objects.get().current_version is None
    assert ServiceRequest.objects.get().status == "draft"
    _licence(an, "doctor")
    documents.finalize_document(document=entry, revision=2, by=an)
    order = ServiceRequest.objects.get()
    assert order.status == "active"
    held = orders.hold_order(order=order, reason="Chờ hội chẩn", by=an)
    PractisingLicence.objects.update(withdrawn_on=dt.date(2024, 2, 1))
    _refused(lambda: orders.resume_order(order=held, by=an))
    orders.stop_order(order=held, reason="Không cần nữa", by=an)  # what is safe is never stopped


def test_nothing_is_signed_without_a_licence() -> None:
    an = make_signer()
    request = make_ready(an)
    _strict(an)
    _refused(
        lambda: signing.sign_requests(shown={request.uuid: request.sha256}, pin=Pin(PIN), by=request.signer)
    )
    _licence(an, "doctor")
    (outcome,) = signing.sign_requests(
        shown={request.uuid: request.sha256}, pin=Pin(PIN), by=User.objects.get(pk=an.pk)
    )
    assert outcome.is_signed
