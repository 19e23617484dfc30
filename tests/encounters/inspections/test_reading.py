"""What a reader from outside is shown: charts of mandates in force, marked, on record; nothing else answers (R-28, R-31)."""

import datetime as dt
import io

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from freezegun import freeze_time

from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.documents import services as documents
from encounters.inspections import services
from patients.history import services as history
from patients.registry.services import restrict_patient
from tests.emr.people import make_an, make_binh
from tests.encounters.chart import begin, draft_of, load_forms, written
from tests.encounters.inspections.letters import (
    in_force,
    make_lan,
    make_luu,
    make_tung,
    signed_document,
    signed_in,
)
from tests.encounters.visits.ward import admit, discharge
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
LETTER = "Bảo hiểm xã hội tỉnh Hà Giang, công văn số 118/BHXH-GĐ"


def _page(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_the_home_page_shows_the_charts_of_mandates_in_force_and_nothing_else() -> None:
    stay, whole, other = admit(), make_patient("Lê Văn Hùng"), make_patient("Cao Bá Quát")
    in_force(stay, whole)
    coming = {"starts_at": now() + dt.timedelta(hours=2), "ends_at": now() + dt.timedelta(hours=3)}
    in_force(other, **coming)
    lan = signed_in(make_lan())
    home = _page(lan, "/")
    panels = [part.split('"')[0] for part in home.split('hx-get="')[1:]]
    assert "/inspections/to-read/" in panels
    for address in ("/ward/", "/orders/", "/documents/overdue/"):
        assert f'href="{address}"' not in home
    for headers in ({}, {"HX-Request": "true"}):
        card = _page(lan, "/inspections/to-read/", **headers)
        assert f"/encounters/{stay.uuid}/" in card
        assert f"/patients/{whole.uuid}/" in card
        assert "Cao Bá Quát" not in card


def test_without_a_mandate_in_force_the_page_says_so() -> None:
    page = _page(signed_in(make_lan()), "/inspections/to-read/")
    assert "Không có phiếu nào đang hiệu lực" in page


def test_every_page_of_the_chart_is_marked_with_name_letter_and_minute() -> None:
    load_forms()
    an = make_an()
    stay = admit()
    entry = begin(stay, an)
    documents.save_draft(document=entry, fields=written(entry), revision=draft_of(entry).revision, by=an)
    documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    in_force(stay.patient)
    lan = signed_in(make_lan())
    moment = f"{dt.datetime.now(dt.timezone(dt.timedelta(hours=7))):%d/%m/%Y %H:}"
    addresses = [
        f"/patients/{stay.patient.uuid}/",
        f"/patients/{stay.patient.uuid}/history/",
        f"/patients/{stay.patient.uuid}/coverage/",
        f"/encounters/of/{stay.patient.uuid}/",
        f"/encounters/{stay.uuid}/",
        reverse("encounters:documents:course", args=[stay.uuid]),
        reverse("encounters:documents:list", args=[stay.uuid]),
        reverse("encounters:orders:of_stay", args=[stay.uuid]),
        reverse("encounters:documents:document", args=[entry.uuid]),
        reverse("encounters:results:vital_signs", args=[stay.uuid]),
        "/inspections/to-read/",
    ]
    for address in addresses:
        page = _page(lan, address)
        assert 'class="reader-mark"' in page, address
        assert page.count(f"Vũ Thị Lan · {LETTER} · {moment}") > 10, address
    # The staff's pages aren't marked.
    assert "reader-mark" not in _page(signed_in(an), f"/encounters/{stay.uuid}/")


def test_nothing_is_searched_written_printed_or_taken_away() -> None:
    load_forms()
    an = make_an()
    stay = admit()
    entry = begin(stay, an)
    in_force(stay.patient)
    lan = signed_in(make_lan())
    assert lan.get("/patients/").status_code == 403
    assert lan.post("/patients/", {"q": "dao"}).status_code == 403
    assert lan.get(f"/patients/{stay.patient.uuid}/edit/").status_code == 403
    assert lan.get(f"/patients/{stay.patient.uuid}/access/").status_code == 403
    assert lan.get(reverse("encounters:visits:label_pdf", args=[stay.uuid, "wristband"])).status_code == 403
    assert lan.get(reverse("encounters:visits:label_zpl", args=[stay.uuid, "wristband"])).status_code == 403
    assert lan.get(reverse("encounters:documents:pdf", args=[entry.uuid])).status_code == 403
    assert lan.post(reverse("encounters:documents:print_course", args=[stay.uuid])).status_code == 403
    assert lan.post(reverse("encounters:documents:draft", args=[entry.uuid]), {}).status_code == 403
    assert lan.get("/inspections/").status_code == 403
    chart = _page(lan, f"/patients/{stay.patient.uuid}/")
    assert "patient-search" not in chart
    assert "/edit/" not in chart


def test_lists_of_the_house_show_a_reader_nobody() -> None:
    stay = admit()
    in_force(stay.patient)
    other = admit(make_patient("Lê Văn Hùng"))
    lan = signed_in(make_lan())
    for name in ("encounters:visits:ward", "encounters:visits:today", "encounters:visits:ward_panel"):
        page = _page(lan, reverse(name), **{"HX-Request": "true"})
        assert other.patient.full_name not in page, name
    assert lan.get(reverse("encounters:visits:hospital")).status_code == 403
    assert lan.get(reverse("encounters:visits:beds")).status_code == 403
    assert "Hùng" not in _page(lan, reverse("encounters:orders:worklist"))


def test_of_one_stay_the_cover_shows_who_this_is_and_nothing_of_other_stays() -> None:
    first = discharge(admit(at=now() - dt.timedelta(hours=6)))
    second = admit(first.patient)
    history.record_allergy(patient=first.patient, substance="Penicillin", by=make_an())
    in_force(first)
    lan = signed_in(make_lan())
    for address in (
        f"/patients/{first.patient.uuid}/",
        f"/encounters/of/{first.patient.uuid}/",
        f"/encounters/{first.uuid}/",
    ):
        page = _page(lan, address)
        assert "NGUYỄN THỊ ĐÀO" in page
        assert second.identifier not in page, address
        assert f">{second.admission_number}<" not in page, address
        assert str(second.uuid) not in page, address
        assert "Penicillin" not in page, address
        assert f"/patients/{first.patient.uuid}/history/" not in page, address
    assert f"/encounters/{first.uuid}/" in _page(lan, f"/encounters/of/{first.patient.uuid}/")
    assert lan.get(f"/encounters/{second.uuid}/").status_code == 404
    assert lan.get(f"/patients/{first.patient.uuid}/history/").status_code == 404


def test_a_page_that_is_open_when_the_mandate_ends_is_left_and_its_fragments_refuse() -> None:
    stay = admit()
    mandate = in_force(stay.patient)
    lan = signed_in(make_lan())
    chart, watch = f"/patients/{stay.patient.uuid}/", f"/inspections/to-read/{stay.patient.uuid}/watch/"
    assert watch in _page(lan, chart)
    banner = f"{chart}banner/"
    assert LETTER in _page(lan, watch)
    assert "ĐÀO" in _page(lan, banner, **{"HX-Request": "true"})
    services.withdraw_mandate(mandate=mandate, reason="Cơ quan rút yêu cầu", by=make_tung())
    answer = lan.get(watch)
    assert answer.status_code == 404
    assert answer.headers["HX-Redirect"] == "/"
    assert answer.content == b""
    for address in (banner, chart, f"/encounters/{stay.uuid}/"):
        assert lan.get(address).status_code == 404, address
    # By the clock it ends in the same way.
    again = in_force(stay.patient)
    assert _page(lan, banner, **{"HX-Request": "true"})
    with freeze_time(again.ends_at):
        lan = signed_in(make_lan())
        assert lan.get(banner).status_code == 404
        assert "HX-Redirect" in lan.get(watch).headers


def test_a_fragment_opened_by_itself_leads_home_since_it_bears_no_mark() -> None:
    stay, an = admit(), make_an()
    in_force(stay.patient)
    banner = f"/patients/{stay.patient.uuid}/banner/"
    answer = signed_in(make_lan()).get(banner)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert "ĐÀO" in _page(signed_in(an), banner)


def test_what_is_being_written_is_not_shown_before_it_is_confirmed() -> None:
    load_forms()
    an = make_an()
    stay = admit()
    entry = begin(stay, an)
    documents.save_draft(
        document=entry, fields=written(entry, "Nháp chưa xong"), revision=draft_of(entry).revision, by=an
    )
    in_force(stay)
    lan, course = signed_in(make_lan()), reverse("encounters:documents:course", args=[stay.uuid])
    assert "Nháp chưa xong" in _page(signed_in(an), course)
    assert "Nháp chưa xong" not in _page(lan, course)
    assert str(entry.uuid) not in _page(lan, reverse("encounters:documents:list", args=[stay.uuid]))
    assert lan.get(reverse("encounters:documents:document", args=[entry.uuid])).status_code == 404
    documents.finalize_document(document=entry, revision=draft_of(entry).revision, by=an)
    assert "Nháp chưa xong" in _page(lan, course)
    # Its next version is its author's until it is confirmed.
    documents.amend_document(document=entry, reason="Bổ sung", by=an)
    documents.save_draft(
        document=entry, fields=written(entry, "Bản sửa dở"), revision=draft_of(entry).revision, by=an
    )
    assert "Bản sửa dở" not in _page(lan, course)
    assert "Nháp chưa xong" in _page(lan, course)


def test_a_chart_that_is_restricted_meanwhile_is_gone_from_the_list_and_from_reach() -> None:
    dao = make_patient()
    in_force(dao)
    lan = signed_in(make_lan())
    assert "Đào" in _page(lan, "/inspections/to-read/")
    restrict_patient(patient=dao, level="R", reason="hiv", by=make_luu())
    assert "Đào" not in _page(lan, "/inspections/to-read/")
    assert lan.get(f"/patients/{dao.uuid}/").status_code == 404


def test_each_look_is_on_record_with_the_mandates_number_and_the_patient_is_told() -> None:
    """R-36"""
    stay = admit()
    mandate = in_force(stay.patient)
    lan = signed_in(make_lan())
    for address in (f"/patients/{stay.patient.uuid}/", f"/encounters/{stay.uuid}/"):
        _page(lan, address)
    lines = AuditEvent.objects.filter(agent_name="lan", patient_id=stay.patient_id)
    assert {line.action for line in lines} == {"patient.read", "encounter.read"}
    assert {line.detail["mandate"] for line in lines} == {mandate.number}
    luu = signed_in(make_luu())
    told = _page(luu, f"/patients/{stay.patient.uuid}/access/")
    assert "Vũ Thị Lan" in told
    assert f"theo phiếu khai thác {mandate.number}" in told
    # A colleague's line bears no number.
    _page(luu, f"/patients/{stay.patient.uuid}/")
    assert (
        "mandate"
        not in AuditEvent.objects.filter(agent_name="luu", action="patient.read").latest("id").detail
    )


def test_a_refused_look_is_on_record_without_a_number() -> None:
    in_force(make_patient())
    other = make_patient("Lê Văn Hùng")
    assert signed_in(make_lan()).get(f"/patients/{other.uuid}/").status_code == 404
    line = AuditEvent.objects.get(outcome="denied", agent_name="lan")
    assert line.detail["patient_id"] == other.pk
    assert "mandate" not in line.detail


def test_documents_are_shown_as_stamped_copies_and_to_the_staff_as_they_are() -> None:
    an = make_an()
    document = signed_document(an)
    in_force(document.encounter)
    address = reverse("encounters:documents:shown_pdf", args=[document.uuid])
    kept = signed_in(an).get(address).content
    copy = signed_in(make_lan()).get(address)
    assert copy.headers["Content-Security-Policy"] == "sandbox"
    text = pypdfium2.PdfDocument(io.BytesIO(copy.content))[0].get_textpage().get_text_bounded()
    assert "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in text
    assert "Vũ Thị Lan" in text
    assert "118/BHXH-GĐ" in text
    assert b"/ByteRange" in kept
    assert b"/ByteRange" not in copy.content
    assert "KHÔNG CÓ GIÁ TRỊ" not in pypdfium2.PdfDocument(kept)[0].get_textpage().get_text_bounded()


def test_the_wards_pages_ask_no_more_than_before() -> None:
    """The staff pay nothing for readers: no query for marks, none for the log."""
    stay, binh = admit(), make_binh()
    client = signed_in(binh)
    _page(client, f"/patients/{stay.patient.uuid}/")
    with CaptureQueriesContext(connection) as asked:
        _page(client, f"/patients/{stay.patient.uuid}/")
    assert not [query for query in asked.captured_queries if "inspections_" in query["sql"]]
