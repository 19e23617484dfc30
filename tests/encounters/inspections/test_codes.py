"""Fifty charts for an auditor of the insurance by pasted treatment codes: looked at first, listed at once (R-35)."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.common.errors import DomainError
from encounters.inspections import services
from encounters.inspections.codes import check_codes, codes_in, codes_of_file, list_codes
from encounters.inspections.models import Mandate
from encounters.visits.access import encounters_for
from encounters.visits.models import Encounter
from patients.registry.services import restrict_patient
from tests.encounters.inspections.letters import anew, make_ha, make_lan, make_tung, prepared, signed_in
from tests.encounters.visits.ward import admit
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def stays(count: int) -> list[Encounter]:
    return [admit(make_patient(f"Người Bệnh {number}")) for number in range(count)]


def page(mandate: Mandate) -> str:
    return reverse("encounters:inspections:codes", args=[mandate.uuid])


def test_each_code_is_told_what_it_leads_to() -> None:
    one, two, closely = stays(3)
    restrict_patient(patient=closely.patient, level="V", reason="hiv", by=make_ha())
    mandate, tung = prepared(), make_tung()
    services.list_chart(mandate=mandate, patient=two.patient, encounter=two, by=tung)
    pasted = f"{one.identifier}\n KHONGCO1 ,{one.admission_number};{two.identifier}\nKHONGCO1"
    found = check_codes(mandate, codes_in(pasted), tung)
    assert [row.state for row in found] == ["found", "missing", "doubled", "listed", "doubled"]
    assert check_codes(mandate, [closely.identifier], tung)[0].state in {"missing", "closely"}
    assert list_codes(mandate=mandate, codes=codes_in(pasted), by=tung) == 1
    assert list_codes(mandate=mandate, codes=codes_in(pasted), by=tung) == 0
    assert set(mandate.charts.values_list("encounter", flat=True)) == {one.pk, two.pk}


def test_fifty_are_listed_from_the_page_and_read_by_the_auditor_alone() -> None:
    fifty, other = stays(50), admit(make_patient("Ngoài Danh Sách"))
    mandate, tung, lan = prepared(), make_tung(), make_lan()
    codes = "\n".join(stay.identifier for stay in fifty)
    client = signed_in(tung)
    looked = client.post(page(mandate), {"codes": codes})
    assert looked.status_code == 200 and not mandate.charts.exists()
    assert "50" in looked.content.decode()
    assert client.post(page(mandate), {"codes": codes, "listing": "1"}).status_code == 302
    assert mandate.charts.count() == 50
    services.approve_mandate(mandate=mandate, by=make_ha())
    reached = set(encounters_for(anew(lan)).values_list("pk", flat=True))
    assert reached == {stay.pk for stay in fifty}
    assert other.pk not in reached
    assert client.post(page(mandate), {"codes": codes, "listing": "1"}).status_code == 422


def test_looking_costs_the_same_for_one_and_for_twenty() -> None:
    tung, mandate, counts = make_tung(), prepared(), []
    many = stays(20)
    check_codes(mandate, [], tung)  # the person's rights are read once a request
    for few in (many[:1], many):
        with CaptureQueriesContext(connection) as asked:
            check_codes(mandate, [stay.identifier for stay in few], tung)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_file_brings_them_too() -> None:
    book = openpyxl.Workbook()
    for line in (["Mã điều trị"], ["00012", "x"], ["MA77"]):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    assert codes_of_file(out.getvalue()) == "00012\nMA77"
    assert codes_of_file(b"MA_LK\nA1\n") == "A1"
    book.active.append(["=1+1"])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(DomainError):
        codes_of_file(out.getvalue())
    with pytest.raises(DomainError):
        codes_of_file(b"PK not a sheet")
    [stay], mandate = stays(1), prepared()
    file = SimpleUploadedFile("ma.csv", stay.identifier.encode())
    assert stay.identifier in signed_in(make_tung()).post(page(mandate), {"file": file}).content.decode()


def test_nothing_too_much_and_others_are_refused() -> None:
    mandate, tung = prepared(), signed_in(make_tung())
    assert tung.post(page(mandate), {"codes": " "}).status_code == 422
    assert tung.post(page(mandate), {"codes": "x1 " * 501}).status_code == 422
    assert signed_in(make_lan()).post(page(mandate), {"codes": "x1"}).status_code in {403, 404}
