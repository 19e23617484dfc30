"""Reflex tests of the technician's: from the table, because of the value, from the same tube, with the reason kept."""

import uuid

import pytest
from django.urls import reverse

from emr.common.errors import DomainError
from encounters.orders.models import ServiceRequest
from encounters.orders.services import stop_order
from encounters.performing import services
from encounters.performing.selectors import suggestions
from encounters.results.models import DiagnosticReport, ReportReview
from encounters.specimens.models import SpecimenRequest
from encounters.specimens.services import note_collected_elsewhere
from tests.encounters.performing.test_entering import make_world, technician
from tests.encounters.results.reports import order
from tests.encounters.visits.ward import ago, signed_in

pytestmark = pytest.mark.django_db
RULE = "CRP>PCT"


@pytest.fixture
def crp() -> ServiceRequest:
    an, stay = make_world()
    return order(stay, an, "XN0041", text="Định lượng CRP", priority="urgent")


def enter(request: ServiceRequest, name: str = "khoa", **typed: str) -> DiagnosticReport:
    return services.enter_values(
        request=request, typed=typed, note="", key=str(uuid.uuid4()), by=technician(name), confirmed=True
    )


def test_the_table_suggests_what_the_value_calls_for(crp: ServiceRequest) -> None:
    assert suggestions(crp, None) == []
    assert suggestions(crp, enter(crp, CRP="99")) == []
    [one] = suggestions(crp, enter(crp, "minh", CRP="150"))
    assert (one.rule.code, one.title) == (RULE, "Định lượng procalcitonin")
    assert one.because == "CRP 150 mg/L: CRP trên 100 mg/L thì làm thêm procalcitonin"


def test_the_added_test_is_an_order_beside_its_own_from_the_same_tube(crp: ServiceRequest) -> None:
    note_collected_elsewhere(request=crp, at=ago(hours=1), system="LIS", received_at=ago(minutes=50))
    enter(crp, CRP="150")
    lan = technician("lan")
    added = services.add_reflex(request=crp, rule=RULE, by=lan)
    assert services.add_reflex(request=crp, rule=RULE, by=lan) == added
    assert (added.reflex_of, added.requester, added.code, added.status, added.priority) == (
        crp,
        crp.requester,
        "XN0042",
        "active",
        "urgent",
    )
    assert added.reflex_reason.startswith("CRP 150 mg/L")
    tubes = SpecimenRequest.objects.filter(is_current=True)
    assert len({test.specimen_id for test in tubes}) == 1
    assert {test.request_id for test in tubes} == {crp.pk, added.pk}


def test_without_the_value_nothing_is_added(crp: ServiceRequest) -> None:
    with pytest.raises(DomainError) as refused:
        services.add_reflex(request=crp, rule=RULE, by=technician())
    assert refused.value.code == "no_rule"
    enter(crp, "minh", CRP="5")
    with pytest.raises(DomainError):
        services.add_reflex(request=crp, rule=RULE, by=technician("lan"))
    assert ServiceRequest.objects.count() == 1


def test_on_the_page_and_to_the_doctor(crp: ServiceRequest) -> None:
    khoa = signed_in(technician("lan"))
    page = reverse("encounters:performing:enter_laboratory", args=[crp.uuid])
    assert khoa.post(page, {"v-CRP": "150", "action": "keep"}).headers["Location"] == page
    report = DiagnosticReport.objects.get(request=crp)
    assert "Định lượng procalcitonin" in khoa.get(page).content.decode()
    act = reverse("encounters:performing:act_laboratory", args=[crp.uuid])
    assert khoa.post(act, {"action": "reflex", "rule": "KHÔNG"}).status_code == 422
    assert khoa.post(act, {"action": "reflex", "rule": RULE}).status_code == 302
    added = ServiceRequest.objects.get(reflex_of=crp)
    assert added.reflex_reason.replace(">", "&gt;") in khoa.get(page).content.decode()
    other = reverse("encounters:performing:enter_laboratory", args=[added.uuid])
    assert crp.placer_number in khoa.get(other).content.decode()
    assert added.placer_number in khoa.get(reverse("encounters:performing:laboratory")).content.decode()
    filed = enter(added, "phuong", **{"": "2,5 ng/mL"})
    final = services.release(report=filed, by=technician("minh2"))
    assert ReportReview.objects.get(report=final).requester == crp.requester
    doctor = signed_in(crp.requester).get(reverse("encounters:results:report", args=[final.uuid]))
    assert f"Định lượng CRP ({crp.placer_number})" in doctor.content.decode()
    assert report.status == "preliminary"


def test_what_was_entered_before_the_order_was_stopped_is_still_released(crp: ServiceRequest) -> None:
    report = enter(crp, CRP="5")
    stop_order(order=crp, reason="Ra viện", by=crp.requester)
    minh = signed_in(technician("minh"))
    listing = reverse("encounters:performing:laboratory")
    minh.post(listing, {"state": "release"})
    assert crp.placer_number in minh.get(listing).content.decode()
    act = reverse("encounters:performing:act_laboratory", args=[crp.uuid])
    assert minh.post(act, {"action": "release"}).status_code == 302
    assert DiagnosticReport.objects.get(replaces=report).status == "final"
    crp.refresh_from_db()
    assert crp.status == "revoked"
