"""From a free bed to who lies in it; details completed later; the hospital's day in numbers; rows that act."""

import pytest
from django.test import Client

from emr.accounts.models import Location
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from encounters.visits.bedside import read_wristband
from encounters.visits.selectors import hospital_today
from encounters.visits.views.stays import may
from tests.emr.people import make_an, make_binh, make_chi, make_department, make_facility, make_user
from tests.encounters.visits.ward import (
    SURGERY,
    admit,
    ago,
    department,
    discharge,
    know,
    make_bed,
    page,
    signed_in,
    visit,
)
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db


def free(bed: Location, client: Client) -> str:
    answer = client.get(page("free_bed", bed.uuid))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_free_bed_leads_to_a_move_and_to_an_admission_into_it() -> None:
    binh, bed = make_binh(), make_bed("07")
    inside = admit(make_patient("Lê Văn Hùng"))
    came = visit(make_patient("Phạm Văn Sáu"), department=department())
    client = signed_in(binh)
    board = client.get(page("beds")).content.decode()
    assert page("free_bed", bed.uuid) in board
    html = free(bed, client)
    wanted = f"?department={department().pk}&amp;bed={bed.pk}"
    assert page("transfer", inside.uuid) + wanted in html
    assert page("admit", came.patient.uuid) + wanted in html
    form = client.get(page("admit", came.patient.uuid), {"department": department().pk, "bed": bed.pk})
    assert f'<option value="{bed.pk}" selected>' in form.content.decode()
    admit(make_patient("Hoàng Thị Lan"), bed=bed)
    assert "LÊ VĂN HÙNG" not in free(bed, client)


def test_another_departments_bed_is_not_there() -> None:
    bed = make_bed("N1", SURGERY)
    assert signed_in(make_an()).get(page("free_bed", bed.uuid)).status_code == 404


def test_details_are_completed_later_and_the_form_of_an_old_page_is_refused() -> None:
    know("V03.0", "Người đi bộ bị ô tô va", "external_cause")
    binh, stay = make_binh(), admit(bed=make_bed("01"))
    client, address = signed_in(binh), page("details", stay.uuid)
    html = client.get(address).content.decode()
    assert 'name="reason"' in html
    assert page("details", stay.uuid) in client.get(page("detail", stay.uuid)).content.decode()
    told = {"reason": "Đau ngực", "payer": "BHYT", "record_type": "01/BV1", "version": stay.version}
    assert client.post(address, told | {"times_admitted": "2"}).status_code == 302
    stay.refresh_from_db()
    assert (stay.reason, stay.times_admitted) == ("Đau ngực", 2)
    assert AuditEvent.objects.filter(action="encounter.update", agent_name="binh").count() == 1
    refused = client.post(address, told | {"reason": "Ho"})  # the version of before
    assert refused.status_code == 422
    stay.refresh_from_db()
    assert stay.reason == "Đau ngực"
    assert not may(make_chi(), stay)["details"]


def test_who_only_reads_may_not_change_details() -> None:
    stay = admit()
    director = make_user(
        "giam", "Võ Hữu Nghĩa", "director", make_department(make_facility(), "HC", "Hành chính")
    )
    client = signed_in(director)
    assert page("details", stay.uuid) not in client.get(page("detail", stay.uuid)).content.decode()
    assert client.post(page("details", stay.uuid), {"reason": "x"}).status_code == 403


def test_the_hospital_today_counts_beds_admissions_and_discharges() -> None:
    make_bed("01"), make_bed("02"), make_bed("N1", SURGERY)
    admit(make_patient("Lê Văn Hùng"), bed=make_bed("01"))
    admit(make_patient("Phạm Văn Sáu"), at=ago(days=3), late_reason="Cũ", department=department(SURGERY))
    discharge(admit(make_patient("Hoàng Thị Lan"), at=ago(days=2), late_reason="Cũ"))
    rows = {row.department: row for row in hospital_today(make_facility().pk, local_today())}
    inner, surgery = rows["Khoa Nội"], rows["Khoa Ngoại"]
    assert (inner.patients, inner.beds, inner.free, inner.admitted, inner.left) == (1, 2, 1, 1, 1)
    assert (surgery.patients, surgery.free, surgery.admitted, surgery.left) == (1, 1, 0, 0)
    assert "Khoa Ngoại" in signed_in(make_clerk()).get(page("hospital")).content.decode()


def test_the_hospital_today_is_for_who_sees_all_of_it() -> None:
    client = signed_in(make_an())
    assert client.get(page("hospital")).status_code == 403
    home = client.get("/").content.decode()
    assert page("hospital") not in home
    assert page("ward_panel") in home


def test_a_wristband_is_read_whole_and_within_reach() -> None:
    binh, stay = make_binh(), admit()
    number = stay.patient.identifiers.get(is_own=True).value
    vital_signs = f"/monitoring/stays/{stay.uuid}/"
    assert read_wristband(binh, number) == read_wristband(binh, stay.identifier) == vital_signs
    assert read_wristband(binh, number[:-1]) == ""
    assert read_wristband(make_chi(), number) == ""
    director = make_user(
        "giam", "Võ Hữu Nghĩa", "director", make_department(make_facility(), "HC", "Hành chính")
    )
    assert read_wristband(director, number) == page("detail", stay.uuid)
    discharge(stay)
    assert read_wristband(binh, number) == ""


def test_rows_act_only_for_who_may() -> None:
    stay = admit()
    nurse = signed_in(make_binh()).get(page("ward_panel")).content.decode()
    doctor = signed_in(make_an()).get(page("ward_panel")).content.decode()
    begin = f"/encounters/{stay.uuid}/documents/begin"
    assert begin in doctor
    assert begin not in nurse
    assert f"/monitoring/stays/{stay.uuid}/" in nurse
