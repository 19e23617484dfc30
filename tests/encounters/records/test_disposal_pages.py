"""The pages of disposal: a list to tick, minutes as a paper, two approvals by others."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.audit.models import AuditEvent
from encounters.records.models import DisposalMinutes, Keeping
from encounters.visits.models import Encounter
from tests.encounters.records.world import brought_to, left, person
from tests.encounters.visits.ward import signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LIST = "/records/disposal/"


def due(name: str = "Phạm Thị Đào") -> Encounter:
    stay = brought_to("archived", left(make_patient(name)))
    Keeping.objects.filter(encounter=stay).update(retained_until=dt.date(2020, 12, 31))
    return stay


def sent(client: Client, *stays: Encounter, **told: str) -> int:
    form = {"decision_number": "12/QĐ-BV", "decided_on": "01/02/2026", "members": "Hà, Tùng, Lưu"} | told
    return client.post(LIST, {"encounters": [str(stay.uuid) for stay in stays], **form}).status_code


def page(minutes: DisposalMinutes, verb: str = "") -> str:
    name = {"": "minutes", "approve": "approve_disposal", "cancel": "cancel_disposal"}[verb]
    return reverse(f"encounters:records:{name}", args=[minutes.uuid])


def test_from_the_list_to_the_second_approval() -> None:
    stay, luu = due(), signed_in(person("luu"))
    assert stay.archive_number in luu.get(LIST).content.decode()
    assert sent(luu, stay) == 302
    minutes = DisposalMinutes.objects.get()
    assert luu.post(page(minutes, "approve")).status_code == 403
    for who in ("tung", "ha"):
        client = signed_in(person(who))
        assert "Duyệt" in client.get(page(minutes)).content.decode()
        assert client.post(page(minutes, "approve")).status_code == 302
        assert client.post(page(minutes, "approve")).status_code in {409, 422}
    minutes.refresh_from_db()
    assert minutes.status == "approved"
    assert f"dispose --minutes {minutes.number}" in luu.get(page(minutes)).content.decode()
    assert "PHẠM THỊ ĐÀO" in luu.get(page(minutes)).content.decode()
    assert AuditEvent.objects.filter(action="disposal.approve").count() == 2


def test_who_prepared_isnt_offered_to_approve() -> None:
    tung = signed_in(person("tung"))
    assert sent(tung, due()) == 302
    minutes = DisposalMinutes.objects.get()
    assert page(minutes, "approve") not in tung.get(page(minutes)).content.decode()
    assert tung.post(page(minutes, "approve")).status_code == 422


def test_laid_aside_with_a_reason_the_records_come_back() -> None:
    stay, luu = due(), signed_in(person("luu"))
    sent(luu, stay)
    minutes = DisposalMinutes.objects.get()
    assert luu.post(page(minutes, "cancel")).status_code == 422
    assert luu.post(page(minutes, "cancel"), {"reason": "Nhầm năm"}).status_code == 302
    assert luu.post(page(minutes, "cancel"), {"reason": "Nhầm năm"}).status_code == 409
    assert stay.archive_number in luu.get(LIST).content.decode()


def test_what_is_typed_wrong_is_said() -> None:
    stay, luu = due(), signed_in(person("luu"))
    assert sent(luu) == 422
    assert sent(luu, stay, decision_number="") == 422
    assert sent(luu, stay, decided_on="01/02/2126") == 422
    assert luu.post(LIST, {"encounters": "x"}).status_code == 422
    assert not DisposalMinutes.objects.exists()


def test_others_see_none_of_it() -> None:
    sent(signed_in(person("luu")), due())
    minutes = DisposalMinutes.objects.get()
    for who in ("an", "hoa"):
        client = signed_in(person(who))
        assert client.get(LIST).status_code == client.get(page(minutes)).status_code == 403


def test_the_list_and_the_minutes_take_as_many_queries_for_three_as_for_one() -> None:
    luu = signed_in(person("luu"))
    counts = []
    for names in (["Một"], ["Hai", "Ba", "Bốn"]):
        stays = [due(f"Bệnh Nhân {name}") for name in names]
        with CaptureQueriesContext(connection) as listed:
            luu.get(LIST)
        on_list = len(listed)
        sent(luu, *stays)
        minutes = DisposalMinutes.objects.latest("pk")
        with CaptureQueriesContext(connection) as shown:
            luu.get(page(minutes))
        counts.append((on_list, len(shown)))
    assert counts[0] == counts[1]
