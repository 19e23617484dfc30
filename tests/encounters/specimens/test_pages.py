"""The nurse's pages: who is to be drawn, in what order; labels counted; a scan at the bed; the laboratory's desk."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import now
from encounters.orders import services as orders
from encounters.specimens import services
from encounters.specimens.models import Specimen
from encounters.visits.models import Encounter
from patients.registry.models import Identifier
from tests.emr.people import make_chi, make_department, make_facility, make_user
from tests.encounters.specimens.tubes import CBC, CREATININE, GLUCOSE, UREA, ask, label, make_world, neighbour
from tests.encounters.visits.ward import admit, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:specimens:{name}", args=args)


def number_of(stay: Encounter) -> str:
    return Identifier.objects.get(patient=stay.patient, is_own=True).value


def _main(html: str) -> str:
    return html.split("<main")[1]


def _laboratory() -> User:
    return make_user(
        "khoa", "Đỗ Minh Khoa", "laboratory", make_department(make_facility(), "K41", "Xét nghiệm")
    )


def test_the_list_has_my_wards_patients_the_pressing_ones_first() -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    ask(stay, an, UREA)
    ask(hoa, an, CBC, priority="stat")
    surgery = admit(make_patient("Lý Thị Xa"), department=make_chi().current_roles[0].department)
    ask(surgery, an)
    html = _main(signed_in(binh).get(page("worklist")).content.decode())
    assert html.index("TRẦN THỊ HOA") < html.index(stay.patient.full_name.upper())
    assert "LÝ THỊ XA" not in html
    assert "Xét nghiệm XN0014" in html


def test_filters_search_and_an_empty_list() -> None:
    an, binh, stay = make_world()
    later = ask(neighbour(), an, CBC, occurrence_at=now() + dt.timedelta(hours=6))
    ask(stay, an, UREA)
    client = signed_in(binh)

    def shown(**asked: str) -> str:
        client.post(page("worklist"), asked)
        return _main(client.get(page("worklist")).content.decode())

    assert "TRẦN THỊ HOA" not in shown(chip="due")
    assert "TRẦN THỊ HOA" in shown(chip="later")
    assert stay.patient.full_name.upper() not in shown(chip="later")
    both = shown(chip="all")
    assert "TRẦN THỊ HOA" in both
    assert stay.patient.full_name.upper() in both
    assert "TRẦN THỊ HOA" not in shown(chip="all", q="dao")
    assert stay.patient.full_name.upper() in shown(chip="all", q="01")
    assert "table-hover" not in shown(chip="all", q="khong co ai")
    orders.stop_order(order=later, reason="Thôi", by=an)
    assert "table-hover" not in shown(chip="later")


def test_a_page_costs_the_same_whatever_its_length(django_assert_max_num_queries: Any) -> None:
    an, binh, stay = make_world()
    ask(stay, an, CBC)
    client = signed_in(binh)
    client.get(page("worklist"))
    for number in range(4):
        for code in (CBC, UREA, GLUCOSE):
            ask(neighbour(f"Người Bệnh {number}"), an, code)
    label(stay, binh)
    with django_assert_max_num_queries(26):
        html = client.get(page("worklist")).content.decode()
    assert "NGƯỜI BỆNH 3" in html


def test_labels_of_chosen_patients_come_as_one_pdf_and_a_reprint_counts() -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    ask(stay, an, CBC)
    ask(stay, an, UREA)
    ask(hoa, an, CBC)
    client = signed_in(binh)
    chosen = {"stay": [str(stay.uuid), str(hoa.uuid)]}
    answer = client.post(page("labels"), chosen)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type /Page ") in {0, 3}
    assert list(Specimen.objects.values_list("label_count", flat=True)) == [1, 1, 1]
    assert client.post(page("labels"), chosen).status_code == 302
    tube = Specimen.objects.filter(encounter=hoa).get()
    zpl = client.post(page("labels_of_stay", hoa.uuid), {"specimen": str(tube.uuid), "format": "zpl"})
    text = zpl.content.decode("ascii")
    assert f"^FD{tube.accession_number}^FS" in text
    assert text.count("^XA") == 1
    tube.refresh_from_db()
    assert tube.label_count == 2
    assert AuditEvent.objects.filter(action="specimen.reprint").count() == 1
    assert "in 2 lần" in client.get(page("of_stay", hoa.uuid)).content.decode()


def test_a_label_says_who_what_and_which_tube() -> None:
    from encounters.specimens import labels  # noqa: PLC0415  # loads WeasyPrint

    an, binh, stay = make_world()
    ask(stay, an, UREA, priority="stat")
    ask(stay, an, CREATININE)
    [tube] = label(stay, binh)
    told = labels.tube_label(tube)
    assert told.name == stay.patient.full_name.upper()
    assert number_of(stay) in told.number
    assert told.tests == f"{UREA}; {CREATININE}"
    assert "nắp đỏ" in told.tube
    assert told.urgent
    assert told.barcode == tube.accession_number


def test_wristband_then_label_collects_and_a_label_alone_does_not() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    client = signed_in(binh)
    first = client.post(page("scan"), {"code": tube.accession_number}, follow=True)
    assert "vòng tay" in first.content.decode()
    unproven = client.post(page("scan_of_stay", stay.uuid), {"code": tube.accession_number})
    assert unproven.status_code == 422
    assert Specimen.objects.get().status == "planned"
    opened = client.post(page("scan"), {"code": number_of(stay)})
    assert opened.headers["Location"] == page("of_stay", stay.uuid)
    done = client.post(page("scan_of_stay", stay.uuid), {"code": tube.accession_number.lower()})
    assert done.status_code == 302
    assert Specimen.objects.get().status == "available"
    assert "Không còn gì" in client.get(page("of_stay", stay.uuid)).content.decode()


def test_another_patients_label_is_refused_in_big_letters_and_another_wristband_changes_the_page() -> None:
    an, binh, stay = make_world()
    hoa = neighbour()
    ask(stay, an)
    ask(hoa, an)
    [theirs] = label(hoa, binh)
    client = signed_in(binh)
    client.post(page("scan"), {"code": number_of(stay)})
    refused = client.post(page("scan_of_stay", stay.uuid), {"code": theirs.accession_number})
    assert refused.status_code == 409
    html = refused.content.decode()
    assert "alert-interrupt" in html
    assert "SAI NGƯỜI BỆNH" in html
    assert "TRẦN THỊ HOA" not in _main(html)
    theirs.refresh_from_db()
    assert theirs.status == "planned"
    over = client.post(page("scan_of_stay", stay.uuid), {"code": number_of(hoa)})
    assert over.headers["Location"] == page("of_stay", hoa.uuid)
    assert client.post(page("scan_of_stay", hoa.uuid), {"code": theirs.accession_number}).status_code == 302
    assert client.post(page("scan_of_stay", hoa.uuid), {"code": "000000"}).status_code == 422


def test_a_wristband_counts_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from encounters.visits import wristband  # noqa: PLC0415

    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    client = signed_in(binh)
    client.post(page("scan"), {"code": number_of(stay)})
    monkeypatch.setattr(wristband, "now", lambda: now() + dt.timedelta(minutes=16))
    assert client.post(page("scan_of_stay", stay.uuid), {"code": tube.accession_number}).status_code == 422


def test_by_hand_what_was_typed_stays_when_it_is_refused() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    client = signed_in(binh)
    refused = client.post(
        page("change", tube.uuid), {"action": "collect", "reason": "Mất máy quét", "at": "01/01/2999 08:00"}
    )
    assert refused.status_code == 422
    assert "Mất máy quét" in refused.content.decode()
    client.post(page("change", tube.uuid), {"action": "collect", "reason": "Mất máy quét", "at": ""})
    assert Specimen.objects.get().collected_how == "hand"
    client.post(page("change", tube.uuid), {"action": "again", "reason": "RC", "text": ""})
    html = client.get(page("of_stay", stay.uuid)).content.decode()
    assert "lấy lại" in html


def test_the_laboratory_takes_in_and_rejects_and_the_ward_reads_why() -> None:
    an, binh, stay = make_world()
    request = ask(stay, an)
    [tube] = label(stay, binh)
    services.collect_by_scan(specimen=tube, encounter=stay, by=binh)
    khoa = signed_in(_laboratory())
    html = _main(khoa.get(page("reception")).content.decode())
    assert tube.accession_number in html
    assert khoa.post(page("reception"), {"code": "BP999"}).status_code == 422
    assert khoa.post(page("reception"), {"code": tube.accession_number}).status_code == 302
    assert khoa.post(page("reject", tube.uuid), {"reason": "OT", "text": ""}).status_code == 422
    assert khoa.post(page("reject", tube.uuid), {"reason": "RH", "text": ""}).status_code == 302
    shown = signed_in(binh).get(page("of_stay", stay.uuid)).content.decode()
    assert "Tan máu" in shown
    assert khoa.get(page("worklist")).status_code == 403
    steps = signed_in(an).get(page("progress", request.uuid)).content.decode()
    assert "Tan máu" in steps
    assert (
        "Tan máu"
        in signed_in(an).get(reverse("encounters:orders:of_stay", args=[stay.uuid])).content.decode()
    )


def test_a_stranger_finds_nothing() -> None:
    an, binh, stay = make_world()
    ask(stay, an)
    [tube] = label(stay, binh)
    chi = signed_in(make_chi())
    assert chi.get(page("of_stay", stay.uuid)).status_code == 404
    assert chi.post(page("change", tube.uuid), {"action": "again", "reason": "RC"}).status_code == 404
    assert chi.post(page("labels"), {"stay": [str(stay.uuid)]}).status_code == 404
    client_scan = chi.post(page("scan"), {"code": number_of(stay)}, follow=True)
    assert stay.patient.full_name not in client_scan.content.decode()
