"""What happened at 02:10 and is entered at 02:40 is recorded as of 02:10; what can't have been is refused."""

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from emr.common.errors import DomainError
from encounters.medicines.models import GivingRule, InfusionStep, MedicationAdministration, ReactionTest
from encounters.medicines.services import note_step
from tests.encounters.bedside.world import at, clock, make_world
from tests.encounters.medicines.doses import give, once, order
from tests.encounters.medicines.test_inflows import told
from tests.encounters.visits.ward import discharge, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afternoon() -> Any:
    with clock("16:00") as frozen:
        yield frozen


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:medicines:{name}", args=args)


def typed(hour: str) -> str:
    """As the date field of a form sends it."""
    return f"{timezone.localtime(at(hour)):%d/%m/%Y %H:%M}"


def test_a_step_of_an_infusion_has_the_time_at_which_it_was_done() -> None:
    an, binh, stay = make_world()
    row = give(once(stay, an, route="IVI", minutes=-240), binh, told("12:10:40"))
    client = signed_in(binh)

    def step(hour: str, **fields: Any) -> Any:
        return client.post(
            page("step", row.uuid), fields | {"key": str(uuid.uuid4()), "at": typed(hour) if hour else ""}
        )

    for hour, words in (("11:50", "trước bước gần nhất"), ("17:00", "tương lai"), ("04:00", "trước khi")):
        refused = step(hour, kind="rate", rate="40 giọt/phút")
        html = refused.content.decode()
        assert refused.status_code == 422
        assert words in html
        assert typed(hour) in html  # what was typed stays
        assert "40 giọt/phút" in html
    assert step("12:10", kind="rate", rate="50").status_code == 302  # in the minute in which it began
    assert step("14:20", kind="end", volume_ml="500").status_code == 302
    assert [(s.kind, s.at) for s in InfusionStep.objects.order_by("at", "pk")] == [
        ("start", at("12:10:40")),
        ("rate", at("12:10:40")),
        ("end", at("14:20")),
    ]
    row.refresh_from_db()
    assert row.ended_at == at("14:20")


def test_a_step_is_now_unless_a_time_is_said() -> None:
    an, binh, stay = make_world()
    row = give(once(stay, an, route="IVI", minutes=-240), binh, told("12:10"))
    client = signed_in(binh)
    fields = {"kind": "pause", "key": str(uuid.uuid4())}
    assert client.post(page("step", row.uuid), fields).status_code == 302
    assert InfusionStep.objects.get(kind="pause").at == at("16:00")


def test_no_step_is_later_than_the_patient_s_leaving_unless_a_device_tells_it() -> None:
    an, binh, stay = make_world()
    row = give(once(stay, an, route="IVI", minutes=-240), binh, told("12:10"))
    discharge(stay, at=at("15:00"), by=an)

    def end(hour: str, *, is_replay: bool = False) -> InfusionStep:
        act = replace(told(hour), is_replay=is_replay)
        return note_step(administration=row, kind="end", told=act, by=binh, volume_ml=Decimal(300))

    with pytest.raises(DomainError) as refused:
        end("15:30")
    assert refused.value.code == "after_stay"
    assert end("15:30", is_replay=True).at == at("15:30")  # a device has done it already


def test_not_given_has_the_time_at_which_it_was_not() -> None:
    an, binh, stay = make_world()
    dose = once(stay, an, minutes=-120)
    client = signed_in(binh)
    fields = {"action": "not-given", "reason": "refused", "note": ""}

    def post(hour: str) -> Any:
        key = str(uuid.uuid4())
        return client.post(page("change", dose.uuid), fields | {"key": key, "at": typed(hour)})

    for hour in ("17:00", "04:00"):
        refused = post(hour)
        assert refused.status_code == 422
        assert typed(hour) in refused.content.decode()
    assert post("14:05").status_code == 302
    assert MedicationAdministration.objects.get().happened_at == at("14:05")


def test_a_reaction_test_begins_and_is_read_at_its_own_times() -> None:
    an, binh, stay = make_world()
    GivingRule.objects.create(
        facility=stay.facility, code="CEFO", ingredient="cefotaxim", test_minutes=20, source="BYT"
    )
    asked = order(stay, an)
    client = signed_in(binh)

    def begin(hour: str) -> int:
        fields = {"key": str(uuid.uuid4()), "method": "prick", "at": typed(hour)}
        return client.post(page("test_begin", asked.uuid), fields).status_code

    assert (begin("17:00"), begin("04:00")) == (422, 422)
    assert begin("13:10") == 302
    test = ReactionTest.objects.get()
    assert (test.started_at, test.read_due_at) == (at("13:10"), at("13:30"))

    def read(hour: str, result: str = "negative") -> Any:
        return client.post(page("test_read", test.uuid), {"result": result, "at": typed(hour)})

    for hour, result in (("13:29", "negative"), ("13:05", "positive"), ("17:00", "negative")):
        refused = read(hour, result)
        assert refused.status_code == 422
        assert typed(hour) in refused.content.decode()
    assert read("13:30").status_code == 302
    test.refresh_from_db()
    assert (test.result, test.read_at) == ("negative", at("13:30"))


def test_the_page_offers_a_time_beside_each_of_them() -> None:
    an, binh, stay = make_world()
    row = give(once(stay, an, route="IVI", minutes=-240), binh, told("12:10"))
    dose = once(stay, an, minutes=10)
    html = signed_in(binh).get(page("patient", stay.uuid)).content.decode()
    for act, ref in (("rate", row), ("pause", row), ("end", row), ("not-given", dose)):
        assert f'id="at-{act}-{ref.uuid}"' in html
