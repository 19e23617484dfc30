"""AL1: what the HIS states of allergies stands unverified beside what a clinician wrote, and never in its place."""

import itertools

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Organization, User
from emr.audit.models import AuditEvent
from emr.common.errors import DomainError
from integrations.his.models import Freshness
from integrations.transport.codes import note_unmapped
from integrations.transport.models import Channel
from patients.history import services as history
from patients.history.models import AllergyIntolerance
from patients.history.selectors import summary_of
from patients.registry.banner import banner_for
from patients.registry.models import Identifier, Patient
from tests.emr.people import make_an, make_department
from tests.integrations.conftest import Send, ago, reasons, state
from tests.integrations.his.orders import keep
from tests.integrations.messages import adt

pytestmark = pytest.mark.django_db
PENICILLIN = "AL1|1|DA|^Penicillin|SV|Phản vệ~Mày đay|20190312"
SHRIMP = "AL1|2|FA|^Tôm|MI|Ngứa"
NONE = "AL1|1||^Không có dị ứng"
DELETED = 'AL1|1||""'


@pytest.fixture
def an(facility: Organization) -> User:
    return make_an(make_department(facility))


def tell(send: Send, hours: float, *al1: str, event: str = "A31") -> list[str]:
    """The HIS sends a person with these AL1; answers the remarks."""
    sent = send(adt(event, f"AL{hours}{len(al1)}", at=ago(hours), extra="\r".join(al1)))
    assert state(sent) in {"applied", "superseded"}
    return reasons(sent)


def the_patient() -> Patient:
    return Identifier.objects.get(value="BN000001").patient


def listed() -> list[tuple[str, str]]:
    """(substance, source) of what stands; "-" for none known."""
    rows = AllergyIntolerance.objects.filter(status="active")
    return sorted((row.substance or "-", row.source) for row in rows)


def test_what_the_his_states_stands_unconfirmed_until_somebody_agrees(
    send: Send, an: User, client: Client
) -> None:
    tell(send, 9, PENICILLIN, SHRIMP, event="A01")
    told = AllergyIntolerance.objects.get(substance="Penicillin")
    assert (told.category, told.criticality, told.reaction, told.note) == (
        "medication",
        "high",
        "Phản vệ; Mày đay",
        "Đã biết từ 12/03/2019",
    )
    assert (told.source, told.is_unconfirmed) == ("HIS", True)
    assert AuditEvent.objects.filter(action="allergy.record", agent_name="his-99999").count() == 2
    assert "Penicillin (HIS?)" in banner_for(the_patient()).parts["allergy"][0].text
    client.force_login(an)
    page = reverse("patients:history:page", args=[the_patient().uuid])
    assert "HIS: chưa xác nhận" in client.get(page).content.decode()
    confirm = reverse("patients:history:confirm", args=[the_patient().uuid, told.uuid])
    assert client.post(confirm).status_code == 302
    assert client.post(confirm).status_code == 422, "confirmed once"
    told.refresh_from_db()
    assert (told.confirmed_by, told.is_unconfirmed) == (an, False)
    assert "Penicillin (HIS?)" not in banner_for(the_patient()).parts["allergy"][0].text


def test_its_list_is_a_whole_and_silence_is_not_a_list(send: Send, an: User) -> None:
    """HL7 v2.5.1, 2.10.4 (snapshot mode) and 2.5.3: no segment says nothing, `""` deletes."""
    tell(send, 9, PENICILLIN, SHRIMP)
    history.confirm_allergy(entry=AllergyIntolerance.objects.get(substance="Penicillin"), by=an)
    tell(send, 8)
    assert listed() == [("Penicillin", "HIS"), ("Tôm", "HIS")]
    tell(send, 7, SHRIMP)
    assert listed() == [("Penicillin", "HIS"), ("Tôm", "HIS")], "what somebody confirmed stays"
    tell(send, 6, DELETED)
    assert listed() == [("Penicillin", "HIS")]
    gone = AllergyIntolerance.objects.get(substance="Tôm")
    assert (gone.status, gone.is_withdrawn) == ("entered-in-error", True)
    tell(send, 5, SHRIMP)
    assert listed() == [("Penicillin", "HIS"), ("Tôm", "HIS")], "what it took back it may say again"


def test_told_twice_is_one_and_told_otherwise_is_a_new_row(send: Send) -> None:
    for hours in (9, 8, 7):
        tell(send, hours, PENICILLIN)
    assert AllergyIntolerance.objects.count() == 1
    tell(send, 6, PENICILLIN.replace("|SV|", "|MO|").replace("Penicillin", "PENICILLIN"))
    former, present = AllergyIntolerance.objects.order_by("pk")
    assert (former.status, present.replaces, present.criticality) == (
        "entered-in-error",
        former,
        "unable-to-assess",
    )


def test_what_a_clinician_wrote_is_never_touched(send: Send, an: User) -> None:
    tell(send, 9)
    history.record_allergy(patient=the_patient(), substance="Penicillin", by=an, reaction="Sốc")
    tell(send, 8, PENICILLIN, SHRIMP)
    assert listed() == [("Penicillin", ""), ("Tôm", "HIS")]
    assert tell(send, 7, NONE) == ["allergies_left_alone"]
    tell(send, 6, DELETED)
    assert listed() == [("Penicillin", "")]
    assert AllergyIntolerance.objects.get(substance="Penicillin").reaction == "Sốc"


def test_what_a_clinician_refuted_is_not_stated_again_by_a_repetition(send: Send, an: User) -> None:
    tell(send, 9, PENICILLIN)
    told = AllergyIntolerance.objects.get()
    history.end_entry(entry=told, status="refuted", by=an, reason="Test da âm tính")
    assert tell(send, 8, PENICILLIN, SHRIMP) == ["allergies_left_alone"]
    assert listed() == [("Tôm", "HIS")]


def test_none_known_from_the_his_is_not_somebody_s_having_asked(send: Send, an: User) -> None:
    tell(send, 9, NONE)
    summary = summary_of(the_patient())
    assert (summary.none_known, summary.told_none is not None) == (None, True)
    assert banner_for(the_patient()).parts["allergy"][0].kind == "allergy-unknown"
    history.confirm_allergy(entry=AllergyIntolerance.objects.get(), by=an)
    summary = summary_of(the_patient())
    assert (summary.none_known is not None, summary.asked_by) == (True, an.full_name)
    tell(send, 8, PENICILLIN)
    assert listed() == [("-", "HIS"), ("Penicillin", "HIS")]
    assert banner_for(the_patient()).parts["allergy"][0].kind == "allergy", "the warning goes before"
    history.confirm_allergy(entry=AllergyIntolerance.objects.get(substance="Penicillin"), by=an)
    assert listed() == [("Penicillin", "HIS")]


@pytest.mark.parametrize("words", ["NKDA", "^Chưa khai thác", "^không rõ"])
def test_not_having_asked_says_nothing(send: Send, words: str) -> None:
    assert tell(send, 9, f"AL1|1|DA|{words}") == ["left_out"]
    assert not AllergyIntolerance.objects.exists()
    assert not Freshness.objects.filter(group__startswith="AL1").exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_lists_in_any_order_end_the_same(send: Send, order: tuple[int, ...]) -> None:
    lists = [(9, (NONE,)), (8, (PENICILLIN,)), (7, (PENICILLIN, SHRIMP)), (6, (SHRIMP,))]
    for number in order:
        hours, al1 = lists[number]
        tell(send, hours, *al1)
    assert listed() == [("Tôm", "HIS")]


def test_a_medicine_s_code_is_ours_where_it_is_mapped(send: Send, facility: Organization) -> None:
    from emr.terminology.models import CodeSystem, Concept  # noqa: PLC0415
    from integrations.transport.codes import neighbour_codes  # noqa: PLC0415

    system, _made = CodeSystem.objects.get_or_create(
        code="medicine", defaults={"url": "urn:t:m", "title": "Thuốc"}
    )
    Concept.objects.create(system=system, code="40.30", display="Amoxicilin 500 mg")
    channel = Channel.objects.get(facility=facility, sending_application="HIS", direction="in")
    note_unmapped(channel, "medicine", "TH77")
    neighbour_codes(channel).update(mapped_to="40.30")
    tell(send, 9, "AL1|1|DA|TH77")
    row = AllergyIntolerance.objects.get()
    assert (row.substance, row.substance_code) == ("Amoxicilin 500 mg", "40.30")


class TestWhoKeepsThem:
    def test_the_emr(self, send: Send, facility: Organization) -> None:
        keep(facility, "emr", "allergies")
        assert tell(send, 9, PENICILLIN) == ["kept_here"]
        assert not AllergyIntolerance.objects.exists()

    def test_the_his(self, send: Send, facility: Organization, an: User) -> None:
        """What it stated is corrected there; a warning of one's own is refused to nobody."""
        tell(send, 9, PENICILLIN)
        keep(facility, "his", "allergies")
        told, patient = AllergyIntolerance.objects.get(), the_patient()
        for act in (
            lambda: history.end_entry(entry=told, status="refuted", by=an, reason="Nhầm"),
            lambda: history.record_allergy(patient=patient, substance="Penicilin", by=an, replaces=told),
            lambda: history.record_no_known_allergy(patient=patient, by=an),
        ):
            with pytest.raises(DomainError) as refusal:
                act()
            assert refusal.value.code == "kept_elsewhere"
        history.record_allergy(patient=patient, substance="Latex", by=an)
        history.confirm_allergy(entry=told, by=an)
        tell(send, 8, SHRIMP)
        assert listed() == [("Latex", ""), ("Penicillin", "HIS"), ("Tôm", "HIS")]


def iam(substance: str, action: str = "", status: str = "", *, severity: str = "SV", kind: str = "DA") -> str:
    """One IAM; IAM-6 is the action, IAM-17 the clinical status."""
    fields = ["IAM", "1", kind, f"^{substance}", severity, "Phản vệ", action, *[""] * 10, status]
    return "|".join(fields).rstrip("|")


def test_an_adverse_reaction_update_without_actions_is_a_whole_list(send: Send, an: User) -> None:
    """ADT^A60 in snapshot mode."""
    tell(send, 9, iam("Penicillin"), iam("Tôm", kind="FA"), event="A60")
    told = AllergyIntolerance.objects.get(substance="Penicillin")
    assert (told.criticality, told.reaction, told.source, told.is_unconfirmed) == (
        "high",
        "Phản vệ",
        "HIS",
        True,
    )
    tell(send, 8, iam("Penicillin"), iam("Tôm", status="E"), event="A60")
    assert listed() == [("Penicillin", "HIS")]
    assert "partly_older" in tell(send, 8.5, iam("Aspirin"), event="A60")
    assert listed() == [("Penicillin", "HIS")]
    tell(send, 7, iam("Penicillin", status="I"), event="A60")
    assert listed() == [], "a list of nothing but what is over"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_actions_change_their_own_substance_in_whatever_order_they_come(
    send: Send, an: User, order: tuple[int, ...]
) -> None:
    said = [
        (9, ("AL1|1|DA|^Penicillin|SV", "AL1|2|FA|^Tôm|MI"), "A31"),
        (8, (iam("Aspirin", "A"),), "A60"),
        (7, (iam("Tôm", "D"), iam("Penicillin", "U", severity="MI")), "A60"),
        (6, (iam("Aspirin", "D"), iam("Cua", "A")), "A60"),
    ]
    for index in order:
        hours, segments, event = said[index]
        tell(send, hours, *segments, event=event)
    assert listed() == [("Cua", "HIS"), ("Penicillin", "HIS")]
    assert AllergyIntolerance.objects.get(substance="Penicillin", status="active").criticality == "low"


def test_an_action_leaves_what_a_person_here_has_settled(send: Send, an: User) -> None:
    tell(send, 9, iam("Penicillin", "A"), event="A60")
    history.confirm_allergy(entry=AllergyIntolerance.objects.get(), by=an)
    tell(send, 8, iam("Penicillin", "D"), event="A60")
    assert listed() == [("Penicillin", "HIS")]
    history.end_entry(entry=AllergyIntolerance.objects.get(), status="refuted", by=an, reason="Không phải")
    assert "allergies_left_alone" in tell(send, 7, iam("Penicillin", "A"), event="A60")
    assert listed() == []


def test_where_the_emr_keeps_allergies_an_action_changes_nothing(
    send: Send, facility: Organization, an: User
) -> None:
    tell(send, 9)
    keep(facility, "emr", "allergies")
    assert "kept_here" in tell(send, 8, iam("Penicillin", "A"), event="A60")
    assert listed() == []
