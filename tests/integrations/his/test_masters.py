"""Each matter has one master: what the HIS keeps nobody changes here; what is kept here no message overwrites."""

import pytest
from django.test import Client

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from encounters.visits import services as visits
from encounters.visits.models import Condition, Encounter, EncounterLocation
from integrations.his.models import Master
from integrations.his.selectors import masters_of
from patients.coverage.models import Coverage
from patients.coverage.services import record_coverage
from patients.registry import services as registry
from patients.registry.models import Identifier, Patient
from tests.emr.people import make_an, make_department, make_user
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.his.orders import keep
from tests.integrations.messages import adt
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db
PAGE = "/integrations/masters/"


@pytest.fixture
def tin(facility: Organization) -> User:
    """Of the integration staff."""
    return make_user("tin", "Lý Văn Tin", "integration", make_department(facility, "P09", "Phòng CNTT"))


@pytest.fixture
def an(facility: Organization) -> User:
    return make_an(make_department(facility))


def the_patient() -> Patient:
    return Identifier.objects.get(value="BN000001").patient


def test_without_a_word_everything_is_as_ever(facility: Organization) -> None:
    kept = masters_of(facility.pk)
    assert {keeper for matter, keeper in kept.items() if matter.startswith("order:")} == {"emr"}
    assert {keeper for matter, keeper in kept.items() if not matter.startswith("order:")} == {"both"}


def test_the_page_sets_and_the_log_says_what_was_before(client: Client, tin: User) -> None:
    client.force_login(tin)
    page = client.get(PAGE)
    assert page.status_code == 200
    chosen = {name: field.initial for name, field in page.context["form"].fields.items()}
    assert client.post(PAGE, chosen | {"demographics": "his", "order_diet": "his"}).status_code == 302
    kept = masters_of(tin.facility_id)
    assert (kept["demographics"], kept["order:diet"], kept["bed"]) == ("his", "his", "both")
    assert Master.objects.count() == 2, "what stayed as it was isn't written"
    told = AuditEvent.objects.filter(action="master.set").order_by("pk").first()
    assert told is not None
    assert told.detail["from"] == "both"


def test_an_order_has_one_master(client: Client, tin: User) -> None:
    client.force_login(tin)
    chosen = {name: field.initial for name, field in client.get(PAGE).context["form"].fields.items()}
    assert client.post(PAGE, chosen | {"order_diet": "both"}).status_code == 422
    assert not Master.objects.exists()


def test_a_doctor_sets_nothing(client: Client, an: User) -> None:
    client.force_login(an)
    assert client.get(PAGE).status_code == 403


class TestTheHisKeeps:
    def test_who_the_patient_is(self, send: Send, facility: Organization, an: User) -> None:
        send(adt("A01", "A1", at=ago(5)))
        keep(facility, "his", "demographics")
        with pytest.raises(DomainError) as refusal:
            registry.update_patient(patient=the_patient(), by=an, version=None, full_name="Khác Hẳn")
        assert (refusal.value.code, refusal.value.field) == ("kept_elsewhere", "full_name")
        registry.update_patient(patient=the_patient(), by=an, version=None, workplace="Trường học")
        assert state(send(adt("A08", "A2", at=ago(4), name="Trần^Văn Bình"))) == "applied"
        assert the_patient().full_name == "Trần Văn Bình"

    def test_nothing_of_a_person_it_has_never_told_of(self, facility: Organization, an: User) -> None:
        keep(facility, "his", "demographics")
        patient = make_patient()
        registry.update_patient(patient=patient, by=an, version=None, full_name="Khác Hẳn")
        patient.refresh_from_db()
        assert patient.full_name == "Khác Hẳn"

    def test_beds_moves_and_the_discharge(self, send: Send, facility: Organization, an: User) -> None:
        send(adt("A01", "A1", at=ago(5)))
        keep(facility, "his", "movement", "bed")
        stay = Encounter.objects.get()
        for act in (
            lambda: visits.move_bed(encounter=stay, bed=None, by=an),
            lambda: visits.transfer(encounter=stay, department=make_department(facility, "K19"), by=an),
            lambda: visits.discharge(encounter=stay, by=an, outcome="1", disposition="home"),
            lambda: visits.cancel_admission(encounter=stay, by=an, reason="Nhầm"),
            lambda: visits.admit(patient=make_patient(), department=stay.department, by=an),
            lambda: visits.start_visit(patient=make_patient(), department=stay.department, by=an),
        ):
            with pytest.raises(DomainError) as refusal:
                act()
            assert refusal.value.code == "kept_elsewhere"
        assert state(send(adt("A02", "A2", at=ago(4), place="K19^P1^G2"))) == "applied"

    def test_diagnoses_and_insurance(self, send: Send, facility: Organization, an: User) -> None:
        send(adt("A01", "A1", at=ago(5), extra="DG1|1||J18.9^Viêm phổi|||A"))
        keep(facility, "his", "diagnoses", "insurance")
        stay = Encounter.objects.get()
        with pytest.raises(DomainError):
            visits.record_diagnosis(encounter=stay, role="working", by=an, text="Hen")
        with pytest.raises(DomainError):
            visits.void_diagnosis(condition=Condition.objects.get(), by=an, reason="Nhầm")
        with pytest.raises(DomainError):
            record_coverage(patient=stay.patient, payer="BHYT", card_number="HT4010000000001", by=an)


class TestTheEmrKeeps:
    def test_an_update_leaves_the_person_alone_and_says_so(self, send: Send, facility: Organization) -> None:
        send(adt("A01", "A1", at=ago(5)))
        keep(facility, "emr", "demographics")
        sent = send(adt("A08", "A2", at=ago(4), name="Trần^Văn Bình", extra="NK1|1|Trần^Thị Mai|MTH"))
        assert the_patient().full_name == "Nguyễn Văn Bình"
        assert "kept_here" in reasons(sent)
        assert not the_patient().related_people.exists()

    def test_moves_and_beds_are_ours(self, send: Send, facility: Organization) -> None:
        send(adt("A01", "A1", at=ago(5)))
        keep(facility, "emr", "bed")
        moved = send(adt("A02", "A2", at=ago(4), place="K03^P1^G2"))
        place = EncounterLocation.objects.get(cancelled_at=None, ends_at=None)
        assert place.location is not None
        assert place.location.code == "G1"
        assert "kept_here" in reasons(moved)
        keep(facility, "emr", "movement")
        send(adt("A03", "A3", at=ago(3)))
        send(adt("A01", "A4", at=ago(2), number="BN000002", visit="DT000002", place="K19^P1^G2"))
        assert [stay.status for stay in Encounter.objects.all()] == ["in-progress"]
        assert Identifier.objects.filter(value="BN000002").exists(), "the person is known all the same"

    def test_diagnoses_stay_the_doctor_s(self, send: Send, facility: Organization) -> None:
        keep(facility, "emr", "diagnoses")
        sent = send(adt("A01", "A1", at=ago(5), extra="DG1|1||J18.9^Viêm phổi|||A"))
        assert not Condition.objects.exists()
        assert "kept_here" in reasons(sent)


def test_an_insurance_card_is_taken_down_once(send: Send, facility: Organization) -> None:
    card = "IN1|1|BHYT|BHXH|||||||||20260101|20261231" + "|" * 23 + "HT4010000000001"
    send(adt("A28", "A1", at=ago(5), extra=card))
    send(adt("A31", "A2", at=ago(4), extra=card))
    row = Coverage.objects.get(is_active=True)
    assert (row.card_number, str(row.valid_from), str(row.valid_until)) == (
        "HT4010000000001",
        "2026-01-01",
        "2026-12-31",
    )
    keep(facility, "emr", "insurance")
    sent = send(adt("A31", "A3", at=ago(3), extra=card.replace("HT401", "DN401")))
    assert Coverage.objects.filter(is_active=True).count() == 1
    assert "kept_here" in reasons(sent)
