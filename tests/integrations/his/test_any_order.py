"""A day's feed of the HIS, in any order and with any message sent again, ends in one state (F-17)."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from emr.accounts.models import Organization
from encounters.orders.models import MedicationRequest, ServiceRequest
from encounters.visits.models import Encounter, EncounterLocation
from integrations.transport.models import DeadLetter, MessageState
from patients.coverage.models import Coverage
from patients.history.models import AllergyIntolerance
from patients.registry.models import Identifier, MergeLink, Patient
from tests.encounters.visits.ward import know
from tests.integrations.conftest import Send, ago, instant, state
from tests.integrations.his.orders import again, bare, examination, medicine, ordering_his
from tests.integrations.messages import adt, merge

pytestmark = pytest.mark.django_db
ADMISSION, FINAL = "DG1|1||J18.9^Viêm phổi|||A", "DG1|1||I10^Tăng huyết áp|||F|||||||||1"
FIRST_ASKED, ASKED_AGAIN = (
    "AL1|1|DA|^Aspirin|MI|Ngứa\rAL1|2|FA|^Tôm",
    "AL1|1|DA|^Penicillin|SV|Phản vệ\rAL1|2|FA|^Tôm",
)
CARD = "IN1|1|BHYT|BHXH|||||||||20260101|20261231" + "|" * 23 + "HT4010000000001"


def the_day() -> list[bytes]:
    """Known under three numbers, seen by mistake, admitted, treated, moved, renamed, discharged: in the order in which it
    happened. A second move, a first discharge and the visit that was a mistake are taken back.
    """
    return [
        adt("A28", "F1", at=ago(12)),
        adt("A28", "F2", at=ago(11), number="BN000002", extra=CARD),
        adt("A34", "F3", at=ago(10)).replace(b"PV1|", b"MRG|BN000002^^^BV99999^MR\rPV1|"),
        adt("A28", "F10", at=ago(9.9), number="BN000003"),
        merge("F11", survivor="BN000001", removed="BN000003", at=ago(9.8)),
        adt("A04", "F12", at=ago(9.7), patient_class="O", place="K01", visit="DT000002"),
        adt("A11", "F13", at=ago(9.6), patient_class="O", place="K01", visit="DT000002", name=""),
        adt("A01", "F4", at=ago(9)),
        # Each says one thing more, and leaves empty what another said: an empty field is no news of it.
        adt("A31", "F5", at=ago(8), pid_extra="|||12 Lê Lợi||0903000001", extra=FIRST_ASKED),
        adt("A08", "F9", at=ago(7.5), extra=ADMISSION + "\r" + ASKED_AGAIN),
        medicine("NW", hours=7),
        examination("NW", hours=6.5),
        adt("A02", "F6", at=ago(6), place="K19^P1^G2"),
        medicine("XO", hours=5, pattern="TID"),
        bare("HD", "TH-1", 4.5),
        bare("RL", "TH-1", 4),
        bare("CA", "XN-1", 3.5, kind="OML^O21"),
        adt("A02", "F14", at=ago(3.4), place="K03^P1^G3"),
        # PV1-3 is where the patient is after all, PV1-6 where they never went.
        adt("A12", "F15", at=ago(3.2), place="K19^P1^G2").replace(b"G2||||", b"G2|||K03^P1^G3|"),
        adt("A08", "F7", at=ago(3), place="K19^P1^G2", name="Nguyễn^Văn Minh", pid_extra="|||||0903000002"),
        adt("A03", "F16", at=ago(2), place="K19^P1^G2", name=""),
        adt("A13", "F17", at=ago(1.5), place="K19^P1^G2", name=""),
        adt("A03", "F8", at=ago(1), place="K19^P1^G2", name="", extra=FINAL),
    ]


def outcome() -> dict[str, Any]:
    """What a person would see at the end of the day."""
    stay = Encounter.objects.get(identifier="DT000001")
    patient = Identifier.objects.get(value="BN000001").patient
    places = EncounterLocation.objects.filter(encounter=stay, cancelled_at=None).order_by("starts_at")
    medicine_now = MedicationRequest.objects.filter(status__in=["active", "on-hold"])
    return {
        "person": (patient.full_name, patient.phone, patient.address_line, patient.sex),
        "diagnoses": sorted(stay.conditions.filter(status="confirmed").values_list("role", "code")),
        "people": Patient.objects.filter(merged_into=None).count(),
        "links": MergeLink.objects.filter(undone_at=None).count(),
        "cards": list(Coverage.objects.filter(is_active=True).values_list("card_number", flat=True)),
        "allergies": sorted(
            AllergyIntolerance.objects.filter(status="active").values_list("substance", "criticality")
        ),
        "stay": (stay.status, stay.ended_at),
        "others": list(Encounter.objects.exclude(pk=stay.pk).values_list("identifier", "status")),
        "path": [
            (p.department.code if p.department else "", p.location.code if p.location else "") for p in places
        ],
        "medicines": list(medicine_now.values_list("origin_number", "times_per_day", "status")),
        "tests": list(ServiceRequest.objects.values_list("origin_number", "status")),
    }


EXPECTED = {
    "person": ("Nguyễn Văn Minh", "0903000002", "12 Lê Lợi", "male"),
    "diagnoses": [("admission", "J18.9"), ("discharge-main", "I10")],
    "people": 1,
    "links": 2,
    "cards": ["HT4010000000001"],
    "allergies": [("Penicillin", "high"), ("Tôm", "unable-to-assess")],
    "stay": ("finished", instant(1)),
    "others": [("DT000002", "entered-in-error")],
    "path": [("K03", "G1"), ("K19", "G2")],
    "medicines": [("TH-1", 3, "active")],
    "tests": [("XN-1", "revoked")],
}


@pytest.mark.parametrize("count", [7, pytest.param(150, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_any_permutation_and_duplication_of_a_day_ends_the_same(
    send: Send, facility: Organization, count: int
) -> None:
    ordering_his(facility)
    know("J18.9", "Viêm phổi")
    know("I10", "Tăng huyết áp")
    raws = the_day()
    numbers = st.integers(0, len(raws) - 1)

    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),  # a day has thirty messages: shrinking one takes minutes
    )
    @given(st.permutations(range(len(raws))), st.lists(st.tuples(numbers, numbers), max_size=6))
    @example(list(range(len(raws))), [])
    @example(list(range(len(raws))), [(number, len(raws) + number) for number in range(len(raws))])
    @example(list(reversed(range(len(raws)))), [(6, 0), (12, 3)])
    def in_any_order(order: list[int], doubled: list[tuple[int, int]]) -> None:
        feed = list(order)
        for number, place in doubled:
            feed.insert(place, number)
        with transaction.atomic():
            sent: set[int] = set()
            for number in feed:
                # The second time the sender gives it another control id: nothing but its content says that it is the same.
                send(again(raws[number]) if number in sent else raws[number])
                sent.add(number)
            assert outcome() == EXPECTED
            assert not DeadLetter.objects.exists()
            assert not MessageState.objects.filter(state="waiting").exists()
            transaction.set_rollback(True)

    in_any_order()


@pytest.mark.parametrize("event", ["A34", "A18"])
def test_older_merges_link_as_a40_does(send: Send, event: str) -> None:
    raw = merge("MM1", survivor="NEW", removed="OLD", at=ago(3)).replace(b"A40^ADT_A39", event.encode())
    early = send(raw.replace(b"EVN|A40", b"EVN|" + event.encode()))
    assert state(early) == "waiting"
    for number in ("OLD", "NEW"):
        send(adt("A04", number, at=ago(5), patient_class="O", place="K01", number=number, visit=f"V{number}"))
    assert state(early) == "applied"
    old, new = (Identifier.objects.get(value=number).patient for number in ("OLD", "NEW"))
    assert old.merged_into == new
    link = MergeLink.objects.get()
    assert link.undone_at is None, "a link, so that it can be undone"
