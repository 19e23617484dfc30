"""Ids and fields in bodies and queries never reach further than the address and the right do (S-02, S-08, S-12 to S-14)."""

import pytest
from django.conf import settings
from django.test import Client

from emr.accounts.models import User
from encounters.documents.models import Document
from patients.registry.models import Patient, RelatedPerson
from tests.emr.people import make_an
from tests.encounters.chart import begin, load_forms
from tests.encounters.visits.ward import admit
from tests.patients.people import make_clerk, make_patient

pytestmark = pytest.mark.django_db


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _foreign(patient: Patient) -> dict[str, str]:
    """What somebody sends who wants to write over another's row."""
    return {"id": str(patient.pk), "pk": str(patient.pk), "uuid": str(patient.uuid), "version": "1"}


def test_ids_in_a_body_never_turn_create_into_update() -> None:
    """S-02: a new patient and a new person of a patient, with another's ids in the form."""
    clerk, dao = make_clerk(), make_patient()
    client = _signed_in(clerk)
    new = {"full_name": "Trần Thị Mới", "sex": "female", "birth": "1990", "key": "a1", "another_person": "on"}
    client.post("/patients/register/", new | _foreign(dao))
    dao.refresh_from_db()
    assert dao.full_name == "Nguyễn Thị Đào"
    other = make_patient("Lê Văn Hùng")
    kept = RelatedPerson.objects.create(
        facility=dao.facility, patient=dao, full_name="Nguyễn Văn Sáu", relationship="SPS"
    )
    sent = {"full_name": "Kẻ Lạ", "relationship": "SPS", "id": str(kept.pk), "uuid": str(kept.uuid)}
    client.post(f"/patients/{other.uuid}/people/add/", sent | {"patient": str(dao.pk)})
    kept.refresh_from_db()
    assert kept.full_name == "Nguyễn Văn Sáu"
    assert list(RelatedPerson.objects.filter(patient=dao)) == [kept]


def test_another_patients_child_row_under_ones_own_patient_is_refused_whole() -> None:
    """S-03"""
    clerk, dao, other = make_clerk(), make_patient(), make_patient("Lê Văn Hùng")
    kept = RelatedPerson.objects.create(
        facility=dao.facility, patient=dao, full_name="Nguyễn Văn Sáu", relationship="SPS"
    )
    client = _signed_in(clerk)
    sent = {"full_name": "Kẻ Lạ", "relationship": "SPS"}
    for address in ("", "end/"):
        answer = client.post(f"/patients/{other.uuid}/people/{kept.uuid}/{address}", sent)
        assert answer.status_code == 404
    kept.refresh_from_db()
    assert kept.ended_at is None
    assert not RelatedPerson.objects.filter(patient=other).exists()


def test_author_status_and_facility_in_a_body_are_no_fields() -> None:
    """S-08: a draft saved with them stays its author's draft."""
    load_forms()
    an, stay = make_an(), admit()
    entry = begin(stay, an)
    sent = {"version": "1", "author": "1", "status": "signed", "facility": "1", "confidentiality": "N"}
    _signed_in(an).post(f"/documents/{entry.uuid}/draft", sent)
    entry.refresh_from_db()
    assert (entry.author, entry.status) == (an, Document.Status.DRAFT)
    clerk, dao = make_clerk(), stay.patient
    form = {"full_name": dao.full_name, "sex": "female", "birth": "14/03/1957", "version": str(dao.version)}
    _signed_in(clerk).post(f"/patients/{dao.uuid}/edit/", form | {"confidentiality": "V", "merged_into": "1"})
    dao.refresh_from_db()
    assert (dao.confidentiality, dao.merged_into_id) == ("N", None)


def test_lists_are_ordered_and_filtered_by_the_names_they_offer_alone() -> None:
    """S-12: a path into other tables is no order and no filter; the list stands as without it."""
    client = _signed_in(make_an())
    for address in (
        "/signing/?by=version__document__patient__phone_digits",
        "/orders/?category=patient__confidentiality",
        "/documents/overdue/?author=patient__phone",
        "/signing/?by=signer__password",
    ):
        assert client.get(address).status_code in {200, 400}, address
    plain = client.get("/signing/").context["orders"]
    assert client.get("/signing/?by=signer__password").context["orders"] == plain


def test_what_answers_json_answers_json_whoever_asks_for_a_page() -> None:
    """S-13"""
    answer = _signed_in(make_an()).get("/session/", headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == "application/json"


def test_there_is_no_framework_admin() -> None:
    """S-14"""
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert Client().get("/admin/").status_code == 404
