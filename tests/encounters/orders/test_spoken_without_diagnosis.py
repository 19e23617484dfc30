"""A spoken order on a stay that has no diagnosis yet: nothing is confirmed by half."""

import pytest
from django.urls import reverse

from emr.common.errors import DomainError
from encounters.documents.models import Document
from encounters.orders import services, telling
from encounters.orders.models import MedicationRequest
from encounters.visits.services import record_diagnosis
from tests.emr.people import make_binh
from tests.encounters import chart
from tests.encounters.orders.tables import make_world
from tests.encounters.orders.test_spoken import spoken, told
from tests.encounters.visits.ward import department, signed_in

pytestmark = pytest.mark.django_db


def test_without_a_diagnosis_nothing_is_confirmed_and_nothing_half_kept() -> None:
    an, stay = make_world()
    binh = make_binh(department())
    found = spoken((an, binh, stay))
    with pytest.raises(DomainError) as refusal:
        services.decide_spoken_order(spoken=found, confirms=True, by=an)
    assert refusal.value.code == "no_diagnosis"
    found.refresh_from_db()
    assert (found.outcome, found.decided_by, told(telling.SPOKEN)) == ("", None, {"an"})
    assert MedicationRequest.objects.get().status == "active"
    client = signed_in(an)
    decide = reverse("encounters:orders:spoken_decide", args=[found.uuid])
    answer = client.post(decide, {"action": "confirm", "note": "Đúng lời tôi"})
    html = answer.content.decode()
    assert (answer.status_code, "chưa có chẩn đoán" in html, 'value="Đúng lời tôi"' in html) == (
        422,
        True,
        True,
    )
    record_diagnosis(encounter=stay, role="working", code="J18.9", text="Viêm phổi", by=an)
    assert services.decide_spoken_order(spoken=found, confirms=True, by=an)
    entry = Document.objects.select_related("current_version__response").get()
    assert entry.status == "final"
    assert "J18.9" in str(entry.current_version.response.resource)  # type: ignore[union-attr]


def test_a_rejection_holds_at_once_and_its_entry_is_finished_with_the_diagnosis() -> None:
    an, stay = make_world()
    found = spoken((an, make_binh(department()), stay))
    assert not services.decide_spoken_order(spoken=found, confirms=False, note="Tôi nói liều khác", by=an)
    assert MedicationRequest.objects.get().status == "revoked"
    chart.deliver_all()
    assert Document.objects.get().status == "draft"
    record_diagnosis(encounter=stay, role="working", code="J18.9", text="Viêm phổi", by=an)
    chart.deliver_all()
    entry = Document.objects.get()
    assert (entry.status, entry.author) == ("final", an)
    assert services.finish_rejected(encounter_id=stay.pk) == 0
